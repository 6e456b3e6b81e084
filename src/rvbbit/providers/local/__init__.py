"""The embedded model: answers from embeddings and a student fitted on the cell's examples; never reads a prompt, never calls out."""
