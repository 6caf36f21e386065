import Foundation
import InterchangeNetworks
import Pinion
import PinionInterchange
import PinionTestSupport

/// Files of Keras, most of them written by Pinion.
enum KerasSeeds {
  /// The network whose weights the files hold; read once.
  static let network = Result {
    try Network(keras: Fixture.folder.appending(path: "interchange/keras_chain.keras"))
  }

  @Sendable static func weights(_ scratch: ScratchFile) throws -> [[UInt8]] {
    try network.get().saveKerasWeights(to: scratch.url("hdf5"))
    return [
      try scratch.bytes("hdf5"), try ModelSeeds.fixture("interchange/keras_chain.weights.h5"),
    ]
  }

  static var wrongWeights: [[UInt8]] {
    get throws {
      let file = try ModelSeeds.fixture("interchange/keras_chain.weights.h5")
      func changed(_ place: Int?, _ value: [UInt8]) -> [UInt8] {
        var bytes = file
        if let place { bytes.replaceSubrange(place..<place + value.count, with: value) }
        return bytes
      }
      /// The contents of the first message of a type that start with bytes.
      func message(_ type: UInt8, _ start: [UInt8]) -> Int? {
        file.indices.dropLast(16).first { place in
          file[place..<place + 2] == [type, 0] && file[(place + 8)...].starts(with: start)
        }.map { $0 + 8 }
      }
      let leaf = file.firstRange(of: Array("SNOD".utf8))?.lowerBound
      let root = Array(file[64..<72])
      // Arrays in other files.
      var external = file
      let fill: [UInt8] = [5, 0, 8, 0, 1, 0, 0, 0]
      while let range = external.firstRange(of: fill) { external[range.lowerBound] = 7 }
      return [
        changed(0, [0]), changed(4, [0]), changed(8, [2]), changed(13, [4]), changed(24, [1]),
        external,
        // A link, a group in itself, a shape of many axes, a layout in pieces, and another size.
        changed(leaf.map { $0 + 24 }, [2]), changed(leaf.map { $0 + 16 }, root),
        changed(message(1, [1, 1]).map { $0 + 1 }, [33]),
        changed(message(1, [1, 1]).map { $0 - 8 }, [2]), changed(message(8, [3, 1]), [3, 2]),
        changed(message(8, [3, 1]).map { $0 + 10 }, [9]), Array(file[..<600]), [],
      ]
    }
  }

  @Sendable static func models(_ scratch: ScratchFile) throws -> [[UInt8]] {
    func file(_ save: (URL) throws -> Void) throws -> [UInt8] {
      try save(scratch.url("seed"))
      return try scratch.bytes("seed")
    }
    let chain = try Network(ModelSeeds.chain, seed: 1)
    var networks = [chain]
    networks += try [KerasNetworks.nested(), KerasNetworks.frozen(), KerasNetworks.penalties()]
      .map { Network($0, seed: 1) }
    networks += try ONNXNetworks.layers().map(\.network)
    var files: [[UInt8]] = []
    for var network in networks {
      network.classNames = network.graph.name == chain.graph.name ? ["a", "b"] : nil
      // Keras lacks some layers.
      do { files.append(try file { try network.saveKeras(to: $0) }) } catch is KerasError {}
    }
    // A padding of one number for each axis.
    for file in files {
      let changed = KerasTrainings.edited(file) {
        $0.replacing(#/"padding": \[\[.*?\]\]/#, with: #""padding": [1, 2]"#)
      }
      if changed != KerasTrainings.edited(file, { $0 }) { files.append(changed) }
    }
    files += try KerasTrainings.models.map { model in try file { try model.saveKeras(to: $0) } }
    files += try KerasTrainings.edited(files[0], in: scratch)
    files += try [
      "keras_chain.keras", "keras_nested.keras", "keras_nested.h5", "keras2_model.h5",
    ].map { try ModelSeeds.fixture("interchange/\($0)") }
    return files
  }

  /// The chain with changes that make it a network of none of Pinion's.
  @Sendable static func wrongModels(_ scratch: ScratchFile) throws -> [[UInt8]] {
    func file(_ graph: Graph) throws -> [UInt8] {
      try Network(graph, seed: 1).saveKeras(to: scratch.url("wrong"))
      return try scratch.bytes("wrong")
    }
    let (chain, nested) = try (file(ModelSeeds.chain), file(KerasNetworks.nested()))
    let changes: [([UInt8], String, String)] = [
      (chain, #""layers""#, #""others""#), (chain, #""Sequential""#, #""Module""#),
      (chain, #""Conv2D""#, #""Lambda""#), (chain, #""relu""#, #""eval""#),
      (chain, #""config": {"name"#, #""other": {"name"#),
      (chain, #""name": "dense""#, #""x": "y""#),
      (chain, #""filters": 2"#, #""data_format": "channels_first""#),
      (chain, #""same""#, #""causal""#), (chain, #""units": 2"#, #""x": 2"#),
      (chain, "[null, 4, 4, 1]", "7"), (chain, "[null, 4, 4, 1]", "[null, 4, 4, -1]"),
      (chain, #""kernel_size": [3, 3]"#, #""kernel_size": [1, 2, 3, 4, 5, 6, 7, 8, 9]"#),
      (chain, #""pool_size": [2, 2]"#, #""pool_size": [9, 9]"#),
      (chain, KerasTrainings.inputLayer, ""),
      (nested, #"[["left", 0, 0], ["right", 0, 0]]"#, "[]"),
      (nested, #"[["left", 0, 0], ["right", 0, 0]]"#, "[5]"),
      (nested, #""keras_history": ["flatten", 0, 0]"#, #""keras_history": ["kind", 0, 0]"#),
      (nested, "keras_history", "history"), (nested, #""input_layers""#, #""x""#),
      (nested, #""args""#, #""x""#), (nested, #""name": "shared""#, #""name": "kind""#),
    ]
    return changes.map { file, old, new in
      KerasTrainings.edited(file) { $0.replacingOccurrences(of: old, with: new) }
    } + [try ModelSeeds.fixture("interchange/keras_chain.weights.h5"), ZipMember.archive([])]
  }
}
