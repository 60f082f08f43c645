"""784-128-10 with Inkling."""

import sys

import inkling

mnist = inkling.load_dataset(sys.argv[1], validation=0)
result = inkling.train(
    mnist, hidden=(128,), epochs=2, learning_rate=0.01, label_smoothing=0.0, seed=0
)
result.model.save(sys.argv[2])
print(result.test_accuracy)  # noqa: T201 (the result)
