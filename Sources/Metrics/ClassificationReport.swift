/// Precision, recall, F1 and support of each class, their averages, and the accuracy.
///
/// As scikit-learn's `classification_report` and `precision_recall_fscore_support` with all classes as labels and
/// `zero_division=0`.
public struct ClassificationReport: Sendable, Equatable {
  /// The classes' names in the order of their indices.
  public let classNames: [String]

  /// Each class's scores, in the same order.
  public let classes: [ClassScore]

  /// The plain mean over the classes.
  public let macroAverage: ClassScore

  /// The mean over the classes, weighted by their support.
  public let weightedAverage: ClassScore

  /// The share of correct samples.
  public let accuracy: Double

  /// The scores that follow from a confusion matrix.
  public init(_ matrix: ConfusionMatrix) {
    let (rows, columns) = (matrix.rowTotals, matrix.columnTotals)
    classNames = matrix.classNames
    classes = (0..<matrix.classCount).map { index in
      ClassScore(
        truePositives: matrix[true: index, predicted: index], predicted: columns[index],
        support: rows[index])
    }
    macroAverage = ClassScore(meanOf: classes, weights: classes.map { _ in 1 })
    weightedAverage = ClassScore(meanOf: classes, weights: classes.map { Double($0.support) })
    accuracy = matrix.accuracy
  }
}
