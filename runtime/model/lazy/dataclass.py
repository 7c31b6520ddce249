"""`dataclass`: the standard library's, for classes with slots, whose methods wait for their use.

The standard library compiles up to seven functions for each class when the class is made: a third
of a millisecond, and most classes that a process imports it never uses. With this one a class costs
a tenth of that, and each method is made when it is used first. Type checkers see the standard one.
What is compiled by mypyc, the engine, takes the standard library's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    from runtime.model.lazy.class_parts import lazy_dataclass as dataclass

__all__ = ["dataclass"]
