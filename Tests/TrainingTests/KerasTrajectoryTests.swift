import Pinion
import PinionTestSupport
import Testing

@testable import PinionTraining

/// Ten training steps of small networks of many layers with several optimizers, compared with
/// Keras's in double precision from the same weights and on the same data
/// (`make_trajectories.py`). `KerasLayerTests` trains each layer alone.
@Suite struct KerasTrajectoryTests {
  struct Case: Decodable, CustomTestStringConvertible {
    let name: String
    let batch: Int
    /// Of all steps.
    let inputs, targets: [FixtureTensor]
    let initial, weights: [String: FixtureTensor]
    let losses: [Double]

    var testDescription: String { name }

    /// The samples of a step.
    func rows(_ tensors: [FixtureTensor], _ step: Int) -> [Tensor] {
      tensors.map { tensor in
        let size = tensor.data.count / tensor.shape[0]
        let rows = step * batch * size..<(step + 1) * batch * size
        return Tensor(
          shape: Shape([batch] + tensor.shape.dropFirst()), elements: Array(tensor.data[rows]))
      }
    }
  }

  @Test(arguments: try Fixture.load("trajectories", as: [Case].self))
  func trainsAsKeras(_ fixture: Case) throws {
    let model = try TrajectoryNetwork(rawValue: fixture.name)!.model()
    #expect(Set(model.weights.entries.map(\.name)) == Set(fixture.initial.keys))
    for entry in model.weights.entries {
      let values = try #require(fixture.initial[entry.name])
      #expect(entry.shape == Shape(values.shape), "\(entry.name)")
      let view = model.weights.view(of: entry)
      for (i, value) in values.data.enumerated() { view[i] = value }
    }
    #expect(fixture.losses.count == 10)
    for (step, expected) in fixture.losses.enumerated() {
      let loss = try model.trainOnBatch(
        ArrayDataset(
          inputs: fixture.rows(fixture.inputs, step), targets: fixture.rows(fixture.targets, step))
      ).loss
      #expect(abs(loss - expected) <= 1e-5 * expected, "step \(step): \(loss), \(expected)")
    }
    for entry in model.weights.entries {
      let expected = try #require(fixture.weights[entry.name]).data
      let found = model.weights.view(of: entry).array
      #expect(relativeDifference(found, expected) <= 2e-5, "\(entry.name)")
      // A bias of keys adds the same number to all scores of a query.
      let isIdle = entry.name.hasSuffix("key/bias")
      #expect((found == fixture.initial[entry.name]?.data) == isIdle, "\(entry.name)")
    }
  }
}

/// The networks of `make_trajectories.py`.
private enum TrajectoryNetwork: String, CaseIterable {
  case separable, transposed, attention, normalized, merged

  func model() throws -> Model {
    switch self {
    case .separable:
      try Model(
        separable, optimizer: Adam(learningRate: 0.003), loss: .sparseCategoricalCrossEntropy)
    case .transposed:
      try Model(
        transposed, optimizer: AdamW(learningRate: 0.002, weightDecay: 0.01),
        loss: .meanSquaredError)
    case .attention:
      try Model(
        attention, optimizer: Nadam(learningRate: 0.002), loss: .sparseCategoricalCrossEntropy)
    case .normalized:
      try Model(
        normalized, optimizer: SGD(learningRate: 0.02, momentum: 0.9, nesterov: true),
        loss: .sparseCategoricalCrossEntropy)
    case .merged:
      try Model(
        merged, optimizer: RMSprop(learningRate: 0.003, rho: 0.9),
        losses: [.sparseCategoricalCrossEntropy, .meanSquaredError], lossWeights: [1, 0.5])
    }
  }

  private var separable: Sequential {
    get throws {
      try Sequential(input: [9, 8, 3]) {
        Conv2D(4, kernel: 3, padding: .same, dilation: 2, activation: .gelu, name: "dilated")
        DepthwiseConv2D(
          kernel: 3, stride: 2, padding: .same, depthMultiplier: 2, name: "depthwise")
        GroupNormalization(groups: 4, name: "groups")
        PReLU(sharedAxes: [1, 2], name: "prelu")
        SeparableConv2D(
          6, kernel: 3, padding: .same, depthMultiplier: 2, dilation: 2, activation: .silu,
          name: "separable")
        Conv2D(6, kernel: 3, padding: .same, groups: 3, activation: .tanh, name: "grouped")
        AveragePool2D(padding: .same)
        GlobalAveragePooling2D()
        Dense(3, activation: .softmax, name: "head")
      }
    }
  }

  private var transposed: Sequential {
    get throws {
      try Sequential(input: [4, 5, 3]) {
        Conv2DTranspose(
          4, kernel: 3, stride: 2, padding: .same, activation: .gelu, name: "first")
        LayerNormalization(name: "layers")
        UpSampling2D(Size2D(2, 1), interpolation: .bilinear)
        Cropping2D(Edges2D(top: 1, bottom: 2, left: 0, right: 3))
        DepthwiseConv2D(kernel: 2, dilation: Size2D(2, 1), activation: .mish, name: "depthwise")
        ZeroPadding2D(Edges2D(top: 0, bottom: 1, left: 2, right: 0))
        Conv2DTranspose(
          5, kernel: Size2D(2, 3), stride: Size2D(1, 2), outputPadding: Size2D(0, 1),
          activation: .softplus, name: "second")
        UpSampling2D(Size2D(1, 2))
        AveragePool2D(3, stride: 2)
        RMSNormalization(name: "squares")
        GlobalMaxPooling2D()
        Dense(2, name: "head")
      }
    }
  }

  private var attention: Graph {
    get throws {
      let (words, notes) = (Input([6]), Input([4, 5]))
      var x = PositionEmbedding(name: "places")(Embedding(9, 8, name: "words")(words))
      var y = LayerNormalization(name: "before")(x)
      x = Add()(x, MultiHeadAttention(2, keyDim: 4, usesCausalMask: true, name: "own")(y))
      y = Dense(12, activation: .gelu, name: "wide")(RMSNormalization(name: "between")(x))
      x = Add()(x, Dense(8, name: "narrow")(y))
      let keys = Dense(5, activation: .tanh, name: "keys")(notes)
      x = MultiHeadAttention(
        2, keyDim: 3, valueDim: 4, outputDim: 7, usesBias: false, name: "other")(x, notes, keys)
      x = GlobalAveragePooling1D()(Activation(.softsign)(x))
      return try Graph(
        inputs: [words, notes], outputs: [Dense(4, activation: .softmax, name: "head")(x)])
    }
  }

  private var normalized: Sequential {
    get throws {
      try Sequential(input: [6, 5, 4]) {
        BatchNormalization(axis: 1, name: "rows")
        Conv2D(6, kernel: 3, padding: .same, activation: .elu, name: "conv")
        UnitNormalization(axes: [2, 3])
        LayerNormalization(axes: [1, 2, 3], name: "all")
        GroupNormalization(groups: -1, name: "instance")
        MaxPool2D(padding: .same)
        Permute([3, 1, 2])
        Reshape([9, 6])
        PReLU(name: "prelu")
        Rescaling(0.5, offset: 0.1)
        Normalization(
          mean: [Float](repeating: 0.1, count: 6), variance: [Float](repeating: 0.5, count: 6))
        BatchNormalization(name: "channels")
        GlobalMaxPooling1D()
        Dense(3, activation: .softmax, name: "head")
      }
    }
  }

  private var merged: Graph {
    get throws {
      let (left, right) = (Input([3, 4]), Input([5, 4]))
      let penalty = L1L2(l1: 0.001, l2: 0.01)
      let a = Dense(
        4, activation: .tanh, kernelRegularizer: penalty, kernelConstraint: .maxNorm(0.8),
        name: "a")(left)
      let b = Dense(4, activation: .sigmoid, activityRegularizer: penalty, name: "b")(right)
      let c = Dot(axes: [2, 2])(a, b)
      let d = GlobalAveragePooling1D()(b)
      var e = Subtract()(Multiply()(a, RepeatVector(3)(d)), a)
      var f = Average()(e, a)
      e = Maximum()(e, f)
      f = Minimum()(f, a)
      let g = Flatten()(ActivityRegularization(l1: 0.001, l2: 0.002)(Concatenate()(c, e, f)))
      return try Graph(
        inputs: [left, right],
        outputs: [
          Dense(3, activation: .softmax, name: "kind")(g),
          Dense(2, kernelConstraint: .nonNegative, name: "place")(g),
        ])
    }
  }
}
