import Pinion
import Testing

/// A constant that a layer adds to each channel and a normalization subtracts has a gradient of
/// zero, and is not changed by training.
@Suite struct VanishingGradientTests {
  /// The parameters that two steps by Adam, which divides by the gradient's size, leave as they
  /// are.
  private func unchanged(_ graph: Graph) throws -> Set<String> {
    let model = try Model(graph, seed: 5, threads: 2)
    let (samples, shape) = (14, graph.inputShape)
    let inputs = Tensor.normal(
      shape: Shape([2 * samples] + Array(shape)), from: RandomStream(seed: 3, purpose: "samples"))
    let data = try ArrayDataset(
      inputs: inputs, labels: (0..<2 * samples).map { $0 * 7 % 3 }, classes: 3)
    let before = model.weights.entries.map { model.weights.view(of: $0).array }
    try model.fit(data, epochs: 1, batchSize: samples, verbose: false)
    let names = zip(model.weights.entries, before)
      .filter { entry, values in model.weights.view(of: entry).array == values }
    return Set(names.map(\.0.name))
  }

  @Test func whatANormalizationTakesAwayStays() throws {
    let network = try Sequential(input: [8, 8, 3]) {
      Conv2D(4, kernel: 3, name: "valid")
      MaxPool2D(2, stride: 1)
      BatchNormalization(name: "first")
      // A window over the border sees less of what the normalization before adds.
      Conv2D(5, kernel: 3, padding: .same, name: "same")
      BatchNormalization(name: "second")
      Conv2D(4, kernel: 3, name: "third")
      Flatten()
      Dense(5, name: "dense")
      Activation(.linear)
      BatchNormalization(name: "last")
      Activation(.relu)
      Dense(3, activation: .softmax, name: "outputs")
    }
    #expect(
      try unchanged(network.graph)
        == ["valid/bias", "same/bias", "second/beta", "third/bias", "dense/bias"])
  }

  @Test func branchesCountAllTogether() throws {
    let input = Input([6])
    let left = Dense(4, name: "left")(input)
    let right = Dense(4, name: "right")(input)
    let side = Dense(4, name: "side")(input)
    let sum = Activation(.relu)(BatchNormalization(name: "sum")(Add()(left, right)))
    // One of its readers does not normalize.
    let other = Activation(.relu)(BatchNormalization(name: "other")(side))
    let outputs = Dense(3, activation: .softmax)(Add()(sum, other, side))
    let network = try Graph(input: input, output: outputs)
    #expect(try unchanged(network) == ["left/bias", "right/bias"])
  }

  /// A single channel is part of each row and column.
  @Test(arguments: 1...3) func aSingleChannelIsNormalizedAlongEveryAxis(axis: Int) throws {
    let network = try Sequential(input: [5, 4, 2]) {
      Conv2D(1, kernel: 3, name: "convolution")
      BatchNormalization(axis: axis)
      Flatten()
      Dense(3, activation: .softmax)
    }
    #expect(try unchanged(network.graph) == ["convolution/bias"])
  }

  /// Normalizations of each sample subtract the constant, too, if each part has one channel.
  @Test func aChannelOfASampleIsNormalizedByItself() throws {
    let examples: [(filters: Int, normalization: any Layer)] = [
      (4, GroupNormalization(groups: -1)), (4, LayerNormalization(axes: [1, 2])),
      (4, GroupNormalization(groups: 4, center: false, scale: false)),
      (4, LayerNormalization(axis: 1)), (1, LayerNormalization(axes: [1, 2, 3])),
      (1, LayerNormalization(axis: 2)), (1, GroupNormalization(groups: 1)),
      (1, GroupNormalization(groups: 2, axis: 1)),
    ]
    for (filters, normalization) in examples {
      let network = try Sequential(input: [6, 6, 3]) {
        [
          Conv2D(filters, kernel: 3, name: "convolution"), normalization, Activation(.relu),
          Flatten(), Dense(3, activation: .softmax),
        ]
      }
      #expect(try unchanged(network.graph) == ["convolution/bias"], "\(normalization)")
    }
  }

  /// The β of normalizations of each sample, if it has one number for each channel.
  @Test func offsetsOfChannelsStay() throws {
    let network = try Sequential(input: [4, 4, 6]) {
      LayerNormalization(name: "layer")
      BatchNormalization(name: "batch")
      GroupNormalization(groups: 2, name: "groups")
      LayerNormalization(axes: [1, 2], name: "positions")
      BatchNormalization(name: "last")
      Activation(.relu)
      Flatten()
      Dense(3, activation: .softmax)
    }
    #expect(try unchanged(network.graph) == ["layer/beta", "groups/beta"])
  }

  /// They lie in memory as channels do, but each has a constant of its own.
  @Test func rowsOfOneValueMove() throws {
    let network = try Sequential(input: [5, 1, 1]) {
      BatchNormalization(axis: 1)
      BatchNormalization()
      Flatten()
      Dense(3, activation: .softmax)
    }
    #expect(try unchanged(network.graph) == [])
  }

  @Test func whatIsNotTakenAwayMoves() throws {
    let layers: [[any Layer]] = [
      [Conv2D(4, kernel: 3, activation: .sigmoid), BatchNormalization()],
      [Conv2D(4, kernel: 3), Dropout(0.3), BatchNormalization()],
      [Conv2D(4, kernel: 3), BatchNormalization(axis: 1)],
      [Conv2D(4, kernel: 3), GroupNormalization(groups: 2)],
      [Conv2D(4, kernel: 3), GroupNormalization(groups: -1, axis: 1)],
      [Conv2D(4, kernel: 3), LayerNormalization()],
      [Conv2D(4, kernel: 3), LayerNormalization(axes: [1, 2, 3])],
      [Conv2D(4, kernel: 3), RMSNormalization(axis: 1)],
      [Conv2D(1, kernel: 3), UnitNormalization(axes: [1, 2])],
      [Conv2D(4, kernel: 3), Activation(.sigmoid), BatchNormalization()],
      [Conv2D(4, kernel: 3)],
    ]
    for layers in layers {
      let network = try Sequential(input: [5, 5, 2]) {
        layers
        Flatten()
        Dense(3, activation: .softmax)
      }
      #expect(try unchanged(network.graph) == [], "\(layers)")
    }
  }
}
