"""What a model file holds besides its arrays, field by field."""

from __future__ import annotations

from inkling.model.manifest import MANIFEST
from inkling.model.schema import TEXT, Kinds, List, Maybe, Object, Schema, number, one_of
from inkling.nn.dense import Dense
from inkling.nn.dropout import Dropout
from inkling.nn.registry import ACTIVATIONS

SIZE = number(1, 100_000_000, whole=True)
FLOAT32 = number(-1e30, 1e30)
"""A number whose products with pixels and signals are finite in float32."""

LAYER = Kinds(
    "kind",
    {
        Dense.kind: Object({"inputs": SIZE, "outputs": SIZE}),
        Dropout.kind: Object({"rate": number(0, 1, open_high=True)}),
        **{
            kind: Object(dict.fromkeys(activation().settings(), FLOAT32))
            for kind, activation in ACTIVATIONS.items()
        },
    },
)
CALIBRATION: dict[str, Schema] = {
    "manifest": MANIFEST,
    "temperature": number(),
    "nondigits": Maybe(Object({"bias": FLOAT32, "threshold": FLOAT32})),
}
MODEL = Object(
    {
        "architecture": List(LAYER, 2, 1000),
        "dtype": one_of(("float32", "float64")),
        "classes": List(TEXT, 1, 100_000),
        "image_shape": List(SIZE, 2, 2),
        "scaling": Object({"factor": FLOAT32, "offset": FLOAT32}),
        **CALIBRATION,
    },
    optional=("temperature", "nondigits"),  # the first files had neither
)
"""The description of a model; sizes and arrays are compared with each other when it is built."""
COMMITTEE = Object({"members": List(MODEL, 1, 1000), **CALIBRATION})
"""The description of a committee."""
