"""All errors that Inkling raises, as a tree.

    InklingError                  the command line prints its message and exits with 1
    ├── ShapeError                an array has the wrong shape, dtype or values   (a ValueError)
    ├── SettingError              a name is unknown or a number out of range      (a ValueError)
    ├── DataError                 a data file exists but is wrong                  (a ValueError)
    │   └── DataUnavailableError  a data set is neither on this machine nor reachable
    ├── ImageError                an image cannot be opened                       (a ValueError)
    │   ├── ImageFormatError      its format is not one that Inkling reads
    │   └── ImageTooLargeError    it has too many pixels or bytes
    ├── ModelFileError            a model or checkpoint file exists but is wrong   (a ValueError)
    ├── RunError                  a run directory cannot be used or resumed
    ├── DivergenceError           training produced NaN or infinity               (an ArithmeticError)
    ├── BenchError                a benchmark failed, or two implementations disagree
    └── MissingExtraError         an optional library is not installed            (an ImportError)

``_checks.py`` has the form of the messages.
"""


class InklingError(Exception):
    """The base of all errors that Inkling raises."""


class ShapeError(InklingError, ValueError):
    """An array has the wrong shape, dtype or values."""


class SettingError(InklingError, ValueError):
    """A name is unknown or a number is out of its range."""


class DataError(InklingError, ValueError):
    """A data file exists but is not what it should be."""


class DataUnavailableError(DataError):
    """A data set is neither on this machine nor reachable."""


class ImageError(InklingError, ValueError):
    """An image cannot be opened."""


class ImageFormatError(ImageError):
    """The format of an image is not one that Inkling reads."""


class ImageTooLargeError(ImageError):
    """An image has more pixels or bytes than Inkling reads."""


class ModelFileError(InklingError, ValueError):
    """A model or checkpoint file exists but is not what it should be."""


class RunError(InklingError):
    """A run directory cannot be used or resumed."""


class DivergenceError(InklingError, ArithmeticError):
    """Training produced a loss that is not a finite number."""


class BenchError(InklingError):
    """A benchmark failed, or two implementations did not do the same work."""


class MissingExtraError(InklingError, ImportError):
    """An optional library is needed and not installed."""
