"""The frozen vocabulary: elements, calls, commands, events, snapshots, linked flows, diagnostics.

Imports nothing else of the project. Types created on every call are named tuples, which
cost a third of a frozen dataclass to create; all the others are frozen dataclasses.
"""
