import Foundation
import InterchangeNetworks
import Pinion
import PinionInterchange
import PinionTestSupport

/// Valid files of models.
enum ModelSeeds {
  static func fixture(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: Fixture.folder.appending(path: path)))
  }

  static var chain: Graph {
    get throws {
      try Sequential(input: [4, 4, 1]) {
        Conv2D(2, kernel: 3, padding: .same, activation: .relu)
        MaxPool2D()
        Flatten()
        Dense(2, activation: .softmax)
      }.graph
    }
  }

  /// A chain, and branches of many kinds of layers.
  static func graphs() throws -> [Graph] {
    let input = Input([4, 4, 2])
    let a = Conv2D(2, kernel: 3, padding: .same, activation: LeakyReLU(negativeSlope: 0.1))(input)
    let b = BatchNormalization()(DepthwiseConv2D(kernel: 3, padding: .same)(input))
    let sum = Add()(a, b)
    let c = Dropout(0.2)(Concatenate()(sum, Activation(.tanh)(a)))
    let pooled = GlobalAveragePooling2D()(AveragePool2D()(c))
    return [
      try chain,
      try Graph(input: input, output: Dense(3, activation: .softmax)(pooled), name: "branches"),
    ]
  }

  /// Networks of all layers, nested graphs and shared layers.
  static var networks: [Network] {
    get throws {
      var networks = try
        (graphs() + [
          KerasNetworks.nested(), KerasNetworks.frozen(), KerasNetworks.sharing(),
          KerasNetworks.penalties(),
        ]).map { Network($0, seed: 1) }
      networks[0].classNames = ["a", "b"]
      return try networks + ONNXNetworks.layers().map(\.network)
    }
  }

  static var configurations: [[UInt8]] {
    get throws {
      // As the first version wrote them.
      let first = """
        {"format":1,"inputShape":[4],"layers":[{"inputs":[0],"layer":{"configuration":{},"type":\
        "Flatten"},"name":"flatten"},{"inputs":[1,0],"layer":{"configuration":{},"type":"Add"},\
        "name":"sum"}],"name":"m"}
        """
      return try networks.map { [UInt8](try $0.graph.configuration()) } + [Array(first.utf8)]
    }
  }
}
