"""Writes metrics_fixture.h: small sets of logits and labels with scikit-learn's numbers for them.

    python3 src/train/metrics_fixture.py > src/train/metrics_fixture.h     (needs numpy and scikit-learn)
"""
import numpy as np
from sklearn import metrics


def case(name, logits, labels, shift=0.0):
    logits = np.asarray(logits, dtype=np.float32)
    p = 1 / (1 + np.exp(-(logits.astype(np.float64) + shift)))
    predicted = p >= 0.5
    numbers = [
        metrics.log_loss(labels, p, labels=[0, 1]),
        metrics.roc_auc_score(labels, logits) if 0 < sum(labels) < len(labels) else float("nan"),
        metrics.accuracy_score(labels, predicted),
        metrics.precision_score(labels, predicted, zero_division=0),
        metrics.recall_score(labels, predicted, zero_division=0),
        p.mean(),
    ]
    values = ", ".join(f"{v!r}f" for v in logits.tolist())
    print(f'    {{"{name}", {len(labels)}, {shift!r},')
    print(f"     {{{values}}},")
    print(f"     {{{', '.join(str(int(y)) for y in labels)}}},")
    print(f"     {{{', '.join('NAN' if n != n else repr(float(n)) for n in numbers)}}}}},")


def main():
    rng = np.random.default_rng(1)
    print("/* Written by metrics_fixture.py: logits, labels, and scikit-learn's log loss, AUC, accuracy, precision, recall, mean p. */")
    print("static const struct {\n  const char *name;\n  int n;\n  double shift;\n  float logit[40];\n  uint8_t converted[40];")
    print("  double wanted[6];\n} metrics_fixture[] = {")
    case("apart", [-2, -1, 1, 2], [0, 0, 1, 1])
    case("the wrong way round", [-2, -1, 1, 2], [1, 1, 0, 0])
    case("all tied", [0.5] * 6, [0, 1, 0, 1, 1, 0])
    case("ties across and inside", [-1, -1, 0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 0, 0, 1])
    case("zero and minus zero are one", [0.0, -0.0, -0.0, 0.0, 1, -1], [1, 0, 1, 0, 0, 1])
    case("nothing predicted", [-3, -2, -2.5, -1], [0, 1, 0, 0])
    case("only conversions", [-1, 2, 0.25], [1, 1, 1])
    case("no conversion", [-1, 2, 0.25], [0, 0, 0])
    labels = (rng.random(40) < 0.3).astype(int)
    case("drawn", np.round(4 * (rng.normal(size=40) + labels)) / 4, labels)
    case("drawn and shifted", np.round(4 * (rng.normal(size=40) + labels)) / 4, labels, shift=-1.25)
    print("};")


main()
