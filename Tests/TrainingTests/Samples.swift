import Pinion

/// Small data and networks that tests train on.
enum Samples {
  /// Images (7, 7, 1) of three classes: stripes in one of three directions under noise.
  static func images(_ count: Int, encoding: LabelEncoding = .index) throws -> ArrayDataset {
    let labels = (0..<count).map { (7 * $0 + $0 / 5) % 3 }
    let inputs = labels.enumerated().map { n, label in
      (0..<49).map { place in
        let phase = [place / 7, place % 7, place / 7 + place % 7][label] + n
        return Float(phase % 3) / 3 + Float(0.3 * KerasFormulas.centred(place, n))
      }
    }
    return try ArrayDataset(
      inputs: inputs, inputShape: [7, 7, 1], labels: labels, classes: 3, encoding: encoding)
  }

  /// Samples whose input and target are their own index, to be regressed on.
  static func indices(_ count: Int) throws -> ArrayDataset {
    let values = (0..<count).map { Float($0) }
    return try ArrayDataset(
      inputs: values, inputShape: [1], targets: values, targetShape: [1])
  }

  /// A network of fully connected layers on ``images(_:encoding:)``.
  static func perceptron() throws -> Sequential {
    try Sequential(input: [7, 7, 1]) {
      Flatten()
      Dense(8, activation: .relu)
      Dense(3, activation: .softmax)
    }
  }

  /// The report's own kind of network, on ``images(_:encoding:)``.
  static func personal() throws -> Sequential {
    let leaky = LeakyReLU(negativeSlope: 0.1)
    return try Sequential(input: [7, 7, 1]) {
      BatchNormalization(axis: 1)
      Conv2D(4, kernel: 3, padding: .same, activation: leaky)
      MaxPool2D(padding: .same)
      Dropout(0.25)
      BatchNormalization(axis: 1)
      Conv2D(4, kernel: 2, padding: .same, activation: leaky)
      MaxPool2D(padding: .same)
      Dropout(0.25)
      Flatten()
      BatchNormalization()
      Dense(8, activation: leaky)
      Dropout(0.25)
      Dense(3, activation: .softmax)
    }
  }

  /// y = a·x + b, on ``indices(_:)``.
  static func line() throws -> Sequential { try Sequential(input: [1]) { Dense(1) } }
}

extension Model {
  /// The bits of all parameters, the moving statistics included.
  var bits: [UInt32] {
    (weights.trainable.array + weights.nonTrainable.array).map(\.bitPattern)
  }
}

extension History {
  /// The bits of all values under a name.
  func bits(_ name: String) -> [UInt64] { self[name].map(\.bitPattern) }
}
