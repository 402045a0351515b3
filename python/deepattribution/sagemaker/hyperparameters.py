"""The original's names of hyper-parameters, and the settings they are here."""

SETTINGS = {
    "epochs": "training.epochs",
    "n_hidden_units_embedding": "model.embedding",
    "n_hidden_units_lstm": "model.lstm",
    "dropout_lstm": "model.dropout",
    "recurrent_dropout_lstm": "model.recurrent_dropout",
    "learning_rate": "training.learning_rate",
}
# Where the search looks, as in the original: name -> (kind, low, high, scale).
RANGES = {
    "learning_rate": ("Continuous", "0.001", "0.2", "Logarithmic"),
    "epochs": ("Integer", "10", "50", "Linear"),
    "n_hidden_units_embedding": ("Integer", "20", "100", "Linear"),
    "n_hidden_units_lstm": ("Integer", "64", "256", "Linear"),
    "dropout_lstm": ("Continuous", "0.001", "0.3", "Logarithmic"),
    "recurrent_dropout_lstm": ("Continuous", "0.001", "0.3", "Logarithmic"),
}
SETS = ("train", "val", "test")
METRICS = ("auc", "loss")


def metric_line(metric, set_name, value):
    """What training prints, and the tuner's regular expressions find: "auc - test: 0.8123", as the original did."""
    return f"{metric} - {set_name}: {value:.9f}"


def metric_definitions():
    return [{"Name": f"{set_name}_{metric}", "Regex": rf"{metric} - {set_name}: ([0-9\.]+)"} for metric in METRICS for set_name in SETS]


def to_settings(hyperparameters):
    """{"epochs": "5"} as SageMaker gives them, all text and perhaps quoted -> {"training.epochs": "5"}; other keys are settings already.

    SageMaker's own (sagemaker_...) and the tuner's (_tuning_...) are not ours."""
    return {SETTINGS.get(name, name): value.strip('"') for name, value in hyperparameters.items()
            if not name.startswith(("sagemaker_", "_tuning_"))}
