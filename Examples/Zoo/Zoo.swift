internal import Pinion

/// Networks from the literature, built as their papers describe them.
///
/// ```swift
/// let graph = try Zoo.resNet20(classes: 10)
/// let model = try Model(graph, optimizer: Adam(), loss: .sparseCategoricalCrossEntropy)
/// ```
/// Each ends with the probabilities of `classes`; `make_zoo.py` in the tests' fixtures builds the
/// same networks in Keras.
public enum Zoo {
  /// A convolution without a bias, a batch normalization, and a rectifier unless `isLinear`.
  static func normalized(
    _ filters: Int, kernel: Size2D = 3, stride: Size2D = 1, padding: Padding = .same,
    isLinear: Bool = false, _ input: SymbolicTensor
  ) -> SymbolicTensor {
    let x = Conv2D(filters, kernel: kernel, stride: stride, padding: padding, usesBias: false)(
      input)
    let y = BatchNormalization()(x)
    return isLinear ? y : Activation(.relu)(y)
  }

  /// A batch normalization and a rectifier.
  static func activated(_ x: SymbolicTensor) -> SymbolicTensor {
    Activation(.relu)(BatchNormalization()(x))
  }

  /// The graph from an input to a dense layer with a softmax over the features.
  static func classifier(
    _ name: String, from input: SymbolicTensor, features: SymbolicTensor, _ classes: Int
  ) throws -> Graph {
    try Graph(
      input: input, output: Dense(classes, activation: .softmax)(features), name: name)
  }
}
