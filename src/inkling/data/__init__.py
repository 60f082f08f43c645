"""Data sets: files become arrays of images and labels, split into training, validation and test sets.

    files → readers/ → Source → dataset.py → Dataset → samplers.py, augmentation/, scaling.py → training

Reading order:

    split.py        labeled images, and a stratified way to divide them
    readers/        one reader per file format, and the download of MNIST
    hash_split.py   a division that stays the same when images are added
    parts.py        the parts of a data set: which rule makes the missing ones
    dataset.py      ``load_dataset``, which puts them together
    images.py       ``read_images``, for images without labels
    samplers.py     the order of the samples in each epoch
    augmentation/   random changes of training images
    scaling.py      from uint8 pixels to the inputs of a network
    synthetic/      drawn images that are not digits, for training a model to reject them
"""
