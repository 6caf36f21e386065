package import Pinion

/// Networks that are written as `.keras` files besides those of ``ONNXNetworks``.
package enum KerasNetworks {
  /// Nested graphs with several outputs, called twice; shared layers; several inputs and outputs.
  package static func nested() throws -> Graph {
    let encoder = try Sequential(input: [8], name: "encoder") {
      Dense(6, activation: .gelu(approximate: true))
      Dense(4, activation: .leakyReLU(negativeSlope: 0.1), name: "code")
    }
    let (left, right) = (Input([8], name: "left"), Input([8], name: "right"))
    let inner = Input([4], name: "codes")
    let hidden = Dense(5, activation: .celu(alpha: 2))(inner)
    let heads = try Graph(
      inputs: [inner], outputs: [Dense(4)(hidden), Activation(.elu(alpha: 0.5))(hidden)],
      name: "heads")
    let product = Multiply()(encoder(left), encoder(right))
    let (first, second) = (heads.outputs(for: [product]), heads.outputs(for: [encoder(left)]))
    let shared = Dense(4, name: "shared")
    let merged = Concatenate()(shared(first[0]), shared(product), first[1], second[0])
    let rows = Reshape([1, -1])(merged)
    let attention = MultiHeadAttention(2, keyDim: 3, usesCausalMask: true)
    let attended = Flatten()(StochasticDepth(0.25)(attention(rows)))
    return try Graph(
      inputs: [left, right],
      outputs: [Dense(3, activation: .softmax, name: "kind")(attended), second[1]], name: "nested")
  }

  /// Frozen layers, in a nested graph and outside.
  package static func frozen() throws -> Graph {
    let part = try Sequential(input: [4], name: "part") {
      Dense(4, name: "inner")
      BatchNormalization()
    }
    let input = Input([4], name: "outer")
    return try Graph(
      input: input, output: Dense(2, name: "last")(Dense(4)(part(input))), name: "frozen"
    ).freezing("part/inner", "last")
  }

  /// A layer of a nested graph that is also called outside of it.
  package static func sharing() throws -> Graph {
    let layer = Dense(4, name: "both")
    let inner = Input([4], name: "inner")
    let part = try Graph(
      inputs: [inner], outputs: [BatchNormalization()(layer(inner))], name: "part")
    let input = Input([4], name: "outer")
    return try Graph(
      inputs: [input],
      outputs: [Dense(2, kernelConstraint: .maxNorm(3))(Add()(part(layer(input)), input))],
      name: "sharing")
  }

  /// A chain of layers with regularizers and constraints.
  package static func penalties() throws -> Graph {
    try Sequential(input: [6, 6, 3], name: "penalties") {
      Rescaling(2, offset: -1)
      Conv2D(
        4, kernel: 3, activation: .leakyReLU(negativeSlope: 0.3), kernelInitializer: .heNormal,
        kernelRegularizer: .l2(0.01), activityRegularizer: .l1(0.01), kernelConstraint: .unitNorm)
      DepthwiseConv2D(kernel: 2, kernelRegularizer: .l1l2(l1: 0.1, l2: 0.2), name: "depthwise")
      GlobalAveragePooling2D()
      Dense(
        2, activation: .softmax, kernelRegularizer: .orthogonal(0.1),
        biasConstraint: .nonNegative)
    }.graph
  }
}
