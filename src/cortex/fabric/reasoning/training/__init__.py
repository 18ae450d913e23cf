"""Train the head of the classifier from labelled sentences; needs scikit-learn."""
