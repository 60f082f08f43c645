"""``python -m inkling``, the same as the command ``inkling``."""

from inkling.cli.main import main

if __name__ == "__main__":
    main()
