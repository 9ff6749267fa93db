"""The command line: each command parses, calls one function, prints one value."""

import gc
import sys
from types import ModuleType
from typing import Any


class _Deferred(ModuleType):
    """A module of the standard library that is imported when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        import importlib

        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        self.__dict__.update(vars(importlib.import_module(self.__name__)))
        return self.__dict__[name] if name in self.__dict__ else super().__getattribute__(name)


gc.set_threshold(50_000)  # imports make many objects that stay: looking for garbage among them finds none

# click, dataclasses and urllib import them and hardly ever use them. With all that they bring along they would take a
# tenth of the time that a small file takes.
for _name in ("inspect", "ipaddress"):
    sys.modules.setdefault(_name, _Deferred(_name))
