"""What the answers to many exercises have in common."""

EMPTY = [  # functions that are called, and give nothing yet
    (lambda *_, **__: None, "still to be written"),
    (lambda *_, **__: ..., "still to be written"),
]


def changed(base: type, **parts) -> type:
    """A subclass with other methods or attributes; from `__init__` comes what happens after it."""
    if after := parts.pop("__init__", None):

        def started(self, *args, **options):
            base.__init__(self, *args, **options)
            after(self)

        parts["__init__"] = started
    return type(base.__name__, (base,), parts)
