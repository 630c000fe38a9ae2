"""Merges the core modules of a component into one.

componentize-py makes 38 of them: C library, interpreter, runtime, bindings, and a module for each
interface of WASI that it stubs. They share a table of 5,000 functions that each fills when an
instance is created. In a single module the engine knows the table in advance and fills in a
function when it is first called: creating an instance costs a fraction.
"""

from .component import merge_core_modules

__all__ = ["merge_core_modules"]
