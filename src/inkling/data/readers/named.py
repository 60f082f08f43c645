"""The data sets that have a name, and the published ones among them: classes, mirrors and hashes.

To offer another one in the format of MNIST, add it to ``PUBLISHED``, with hashes that a public source
gives. MNIST's are those of the unpacked files, because its mirrors compress them differently. Those of
the others are of the files as they are served, from https://github.com/tensorflow/datasets,
``tensorflow_datasets/url_checksums/fashion_mnist.txt`` and ``kmnist.txt``.

Reference:
    LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition",
    Proceedings of the IEEE 86 (1998), section III.

    Xiao, Rasul and Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
    algorithms", 2017, arXiv:1708.07747.

    Clanuwat, Bober-Irizar, Kitamoto, Lamb, Yamamoto and Ha, "Deep learning for classical Japanese
    literature", 2018, arXiv:1812.01718.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RemoteFile:
    """A file that mirrors publish as ``name`` + ``.gz``."""

    name: str
    sha256: str  # of the unpacked bytes, or of the compressed ones if ``hashed_as_served``
    size: int  # unpacked bytes
    packed_size: int  # approximate number of compressed bytes; twice as many are accepted
    hashed_as_served: bool = False


@dataclass(frozen=True)
class PublishedSet:
    """A data set of images of 28 × 28 pixels in four IDX files.

    ``torchvision`` is the folder into which torchvision puts it. ``files`` are the training images and
    labels, then the test images and labels.
    """

    title: str
    torchvision: str
    classes: tuple[str, ...]
    mirrors: tuple[str, ...]
    files: tuple[RemoteFile, ...]


_UNPACKED = {
    "train-images-idx3-ubyte": 47_040_016,
    "train-labels-idx1-ubyte": 60_008,
    "t10k-images-idx3-ubyte": 7_840_016,
    "t10k-labels-idx1-ubyte": 10_008,
}


def _files(*hashes: tuple[int, str], hashed_as_served: bool = False) -> tuple[RemoteFile, ...]:
    """Returns the four files, from their compressed sizes and hashes."""
    return tuple(
        RemoteFile(name, sha256, size, packed_size, hashed_as_served)
        for (name, size), (packed_size, sha256) in zip(_UNPACKED.items(), hashes, strict=True)
    )


PUBLISHED = {
    "mnist": PublishedSet(
        "MNIST",
        "MNIST",
        tuple("0123456789"),
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
        _files(
            (9_912_422, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
            (28_881, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
            (1_648_877, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
            (4_542, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
        ),
    ),
    "fashion-mnist": PublishedSet(
        "Fashion-MNIST",
        "FashionMNIST",
        (
            "T-shirt",  # or top
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
        _files(
            (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
            hashed_as_served=True,
        ),
    ),
    "kmnist": PublishedSet(
        "Kuzushiji-MNIST",
        "KMNIST",
        tuple("おきすつなはまやれを"),
        ("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
        _files(
            (18_165_135, "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"),
            (29_497, "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"),
            (3_041_136, "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"),
            (5_120, "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"),
            hashed_as_served=True,
        ),
    ),
}
"""The published data sets by name."""
NAMES = (*PUBLISHED, "mnist+pen", "pen", "digits")
"""The data sets that have a name."""
