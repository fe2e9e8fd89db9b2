"""Train a classifier on scikit-learn's handwritten digits and report how good it is.

The data comes with the library: 1,797 images of 8 by 8 pixels, so nothing is
downloaded. Three files are left in --output: the model, its metrics, and the table
of which digits it takes for which.
"""

import argparse
import json
import time
from pathlib import Path

import joblib
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score, confusion_matrix
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--C", type=float, default=10.0, help="how hard misclassified digits are punished (10)")
    parser.add_argument("--test-size", type=float, default=0.25, help="share of the images kept for the final test (0.25)")
    parser.add_argument("--seed", type=int, default=0, help="of the shuffle; the same seed gives the same model (0)")
    parser.add_argument("--output", type=Path, default=Path("outputs"), help="folder for the results (./outputs)")
    args = parser.parse_args()
    if args.C <= 0:
        parser.error(f"--C is {args.C}; it must be more than 0")
    if not 0 < args.test_size < 1:
        parser.error(f"--test-size is {args.test_size}; it must lie between 0 and 1")
    return args


def say(text):
    """Print a line that a log's follower sees at once."""
    print(text, flush=True)


def classifier(c):
    return make_pipeline(StandardScaler(), SVC(C=c))


def cross_validate(c, images, labels, seed, folds=5):
    """Train and score the classifier on each fold; return the accuracies."""
    scores = []
    split = StratifiedKFold(folds, shuffle=True, random_state=seed).split(images, labels)
    for fold, (train, check) in enumerate(split, start=1):
        model = classifier(c).fit(images[train], labels[train])
        scores.append(accuracy_score(labels[check], model.predict(images[check])))
        say(f"fold {fold} of {folds}: accuracy {scores[-1]:.4f}")
    return scores


def draw(image):
    """Return an image of 8 by 8 pixels as eight lines of text."""
    shades = " .:-=+*#%@"
    return ["".join(shades[min(int(p) * len(shades) // 17, 9)] * 2 for p in row) for row in image.reshape(8, 8)]


def main():
    args = arguments()
    began = time.perf_counter()
    digits = load_digits()
    images, images_test, labels, labels_test = train_test_split(
        digits.data, digits.target, test_size=args.test_size, random_state=args.seed, stratify=digits.target
    )
    say(f"{len(images)} digits to learn from, {len(images_test)} to be tested with; this is a {labels[0]}:")
    say("\n".join(draw(images[0])))

    scores = cross_validate(args.C, images, labels, args.seed)
    model = classifier(args.C).fit(images, labels)
    guesses = model.predict(images_test)
    accuracy = accuracy_score(labels_test, guesses)
    wrong = int((guesses != labels_test).sum())
    say(f"accuracy {accuracy:.4f}: {wrong} of {len(labels_test)} digits misread")

    args.output.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, args.output / "model.joblib")
    metrics = {
        "accuracy": round(accuracy, 4),
        "crossValidation": [round(s, 4) for s in scores],
        "C": args.C,
        "testSize": args.test_size,
        "seed": args.seed,
        "seconds": round(time.perf_counter() - began, 2),
    }
    (args.output / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    table = "\n".join(" ".join(f"{n:3d}" for n in row) for row in confusion_matrix(labels_test, guesses))
    (args.output / "confusion.txt").write_text("rows: the digit; columns: what it was taken for\n" + table + "\n")
    say(f"wrote model.joblib, metrics.json and confusion.txt to {args.output}")


if __name__ == "__main__":
    main()
