"""That a notebook computes with the packages of its own environment, whatever files lie beside it or kernels are registered."""

import os
import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, distribution

from racohort.places import UsageError

#: The packages that compute or draw; a module of such a name beside a notebook would take the package's place.
COMPUTING = ("matplotlib", "numpy", "pandas", "pingouin", "pyarrow", "scipy", "seaborn", "statsmodels")


def check_interpreter() -> None:
    """Raise UsageError where this is not the report's interpreter, or a stray module stands in for one of Python or a package.

    In a notebook that is opened by itself, Jupyter looks for modules beside the notebook first.
    """
    wanted = os.environ.get("RACOHORT_PREFIX", sys.prefix)
    if sys.prefix != wanted:
        raise UsageError(
            f"this section runs with the Python of {sys.prefix}, the report with that of {wanted}. Run `make doctor`."
        )
    for name, file in strays().items():
        raise UsageError(f"{name} was imported from {file}, not as installed: rename that file and restart the kernel.")


def strays() -> dict[str, str]:
    """The imported modules of Python or of the packages that compute which come from elsewhere, by name, with their files."""
    homes = (os.path.dirname(os.__file__), *sysconfig.get_paths().values())
    files = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items() if "." not in name}
    found = {name: files[name] for name in COMPUTING if name in files and not _installed(name, files[name])}
    own = (name for name in files if name in sys.stdlib_module_names and name != "distutils")  # setuptools has its own
    return found | {name: files[name] for name in own if files[name] and not files[name].startswith(homes)}


def _installed(name: str, file: str) -> bool:
    """Whether a package's file is the one that its installed distribution put there; also where none is known."""
    try:
        known = str(distribution(name).locate_file(f"{name}/__init__.py"))
    except PackageNotFoundError:
        return True
    return not os.path.exists(known) or os.path.realpath(known) == os.path.realpath(file)
