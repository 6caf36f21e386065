extension ConfusionMatrix {
  /// The number of samples of each class.
  public var rowTotals: [Int] {
    (0..<classCount).map { row in
      (0..<classCount).reduce(0) { $0 + self[true: row, predicted: $1] }
    }
  }

  /// The number of predictions of each class.
  public var columnTotals: [Int] {
    (0..<classCount).map { column in
      (0..<classCount).reduce(0) { $0 + self[true: $1, predicted: column] }
    }
  }

  /// The number of samples.
  public var total: Int { counts.reduce(0, +) }

  /// The number of samples that were predicted as what they are: the sum of the diagonal.
  public var correct: Int { (0..<classCount).reduce(0) { $0 + self[true: $1, predicted: $1] } }

  /// The share of correct samples, from 0 to 1; 0 if there are none.
  public var accuracy: Double { total > 0 ? Double(correct) / Double(total) : 0 }
}
