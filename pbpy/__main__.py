"""`python -m pbpy`."""

from pbpy.cli import main

if __name__ == "__main__":
    main()
