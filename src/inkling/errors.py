"""Every error Inkling raises on purpose, in one tree.

    InklingError                  the command line prints its one sentence and exits with 1
    ├── ShapeError                an array has the wrong shape, dtype or values   (a ValueError)
    ├── SettingError              a name is unknown or a number out of range      (a ValueError)
    ├── DataError                 a data file is there but wrong                  (a ValueError)
    │   └── DataUnavailableError  a data set is neither on this machine nor reachable
    ├── ImageError                a picture cannot be opened or is beyond the limits (a ValueError)
    ├── ModelFileError            a model or checkpoint file is there but wrong   (a ValueError)
    ├── RunError                  a run directory cannot be used or resumed
    ├── DivergenceError           training produced NaN or infinity               (an ArithmeticError)
    └── MissingExtraError         an optional library is not installed            (an ImportError)

The sentences are worded in ``_checks.py``: who · what was expected · what came · what to do.
"""


class InklingError(Exception):
    """The base of all errors that Inkling raises on purpose."""


class ShapeError(InklingError, ValueError):
    """An array has the wrong shape, dtype or values."""


class SettingError(InklingError, ValueError):
    """A name is unknown or a number is out of its range."""


class DataError(InklingError, ValueError):
    """A data file is there but is not what it should be."""


class DataUnavailableError(DataError):
    """A data set is neither on this machine nor reachable."""


class ImageError(InklingError, ValueError):
    """A picture cannot be opened, or is larger than Inkling reads."""


class ModelFileError(InklingError, ValueError):
    """A model or checkpoint file is there but is not what it should be."""


class RunError(InklingError):
    """A run directory cannot be used or resumed."""


class DivergenceError(InklingError, ArithmeticError):
    """Training produced a loss that is not a finite number."""


class BenchError(InklingError):
    """Someone who is timed failed, or did other work than the others."""


class MissingExtraError(InklingError, ImportError):
    """An optional library is needed and not installed."""
