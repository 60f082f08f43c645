"""The engines that take the training steps, and the rule that chooses between them."""
