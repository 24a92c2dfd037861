"""``python -m autogan_core.cli``: the command line in the images, where the script ``autogan`` is not installed."""

from autogan_core.cli.main import main

if __name__ == "__main__":
    main()
