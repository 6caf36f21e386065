import Foundation
import Pinion
import PinionTestSupport
import Testing

@testable import PinionInterchange

/// Files of ONNX that are broken, that say more than they hold, or that no layers can represent.
@Suite struct ONNXHostileTests {
  private let scratch: TemporaryFolder

  init() throws { scratch = try TemporaryFolder() }

  private typealias Node = HandmadeONNX.Node

  private func read(_ model: ProtobufMessage) throws -> Network {
    try scratch.write(model.bytes, to: "a.onnx")
    return try Network(onnx: scratch.url.appending(path: "a.onnx"))
  }

  @Test func unsupportedNodesAreNamedAtOnce() throws {
    let nodes = [
      Node(operation: "Relu", inputs: ["x"], output: "a"),
      Node(operation: "NonZero", inputs: ["a"], output: "b"),
      // Follows from the one before.
      Node(operation: "Tanh", inputs: ["b"], output: "c"),
      Node(operation: "FusedConv", inputs: ["a"], output: "d", domain: "com.microsoft"),
      Node(operation: "Add", inputs: ["c", "d"], output: "y"),
    ]
    let error = #expect(throws: ONNXError.self) { try read(HandmadeONNX.model(nodes)) }
    guard case .unsupportedNodes(_, let names)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(names.count == 2)
    #expect(names.first == "\"node_b\" (NonZero): no layer for this operator")
    #expect(names.last?.hasPrefix("\"node_d\" (com.microsoft.FusedConv)") == true)
  }

  @Test func smallGraphsBecomeLayers() throws {
    let nodes = [
      Node(operation: "Identity", inputs: ["x"], output: "a"),
      Node(operation: "Relu", inputs: ["a"], output: "b"),
      Node(operation: "Mul", inputs: ["b", "b"], output: "y"),
    ]
    let network = try read(HandmadeONNX.model(nodes))
    #expect(network.graph.layers.map(\.typeName) == ["Activation", "Multiply"])
    let inputs = Tensor([[-1, 0, 2, 3]])
    #expect(try Predictor(network).predict(inputs).elements == [0, 0, 4, 9])
  }

  /// A constant that says a shape of elements that the file does not hold, or that lie elsewhere.
  @Test func constantsThatAreNotInTheFile() throws {
    let node = Node(operation: "Add", inputs: ["x", "c"], output: "y")
    func error(_ constant: @escaping (inout ProtobufMessage) -> Void) throws -> FileError? {
      #expect(throws: FileError.self) {
        try read(
          HandmadeONNX.model([node]) { graph in
            graph.message(5) { tensor in
              tensor.integer(2, 1)
              tensor.string(8, "c")
              constant(&tensor)
            }
          })
      }
    }
    let large = try error { $0.integer(1, 1 << 40) }
    #expect(large?.place.hasPrefix("constant \"c\"") == true, "\(String(describing: large))")
    let negative = try error { $0.integer(1, -1) }
    #expect(negative?.expected.contains("shape") == true)
    let short = try error { tensor in
      tensor.integer(1, 4)
      tensor.bytes(9, [0, 0, 0, 0])
    }
    #expect(short?.expected == "16 bytes for the shape [4]" && short?.found == "4")
    let external = try error { tensor in
      tensor.integer(1, 4)
      tensor.message(13) { $0.string(1, "location") }
      tensor.integer(14, 1)
    }
    #expect(external?.found == "external data")
  }

  /// A file whose constant, (4, 2), a product with `x`, has its elements in a typed field.
  private func typed(_ type: Int, _ field: Int, _ bits: [Int], isPacked: Bool) throws -> URL {
    let node = Node(operation: "MatMul", inputs: ["x", "c"], output: "y")
    let model = HandmadeONNX.model([node]) { graph in
      HandmadeONNX.add("c", [4, 2], type: type, to: &graph) { tensor in
        if isPacked {
          tensor.bytes(field, HandmadeONNX.packed(bits))
        } else {
          for bits in bits { tensor.integer(field, bits) }
        }
      }
    }
    try scratch.write(model.bytes, to: "a.onnx")
    return scratch.url.appending(path: "a.onnx")
  }

  /// Of int8, bfloat16, float16, uint32 and uint64, as `onnx.helper.make_tensor` writes them.
  @Test(arguments: [false, true])
  func constantsInTypedFields(isPacked: Bool) throws {
    let floats: [Float] = [0, 1, -2, 0.5, 1.5, 3, -4, 64]
    let halves = [0, 0x3C00, 0xC000, 0x3800, 0x3E00, 0x4200, 0xC400, 0x5400]
    let large = [0, 1, 2, 3, 4, 5, 6, 1 << 31]
    let cases: [(type: Int, field: Int, bits: [Int], values: [Float])] = [
      (3, 5, [0, 1, -2, 3, -128, 127, 6, -7], [0, 1, -2, 3, -128, 127, 6, -7]),
      (10, 5, halves, floats),
      (16, 5, floats.map { Int($0.bitPattern >> 16) }, floats),
      (12, 11, large, large.map { Float($0) }),
      (13, 11, large.map { $0 << 20 }, large.map { Float($0) * 0x1p20 }),
    ]
    let identity = Tensor([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    for (type, field, bits, values) in cases {
      let network = try Network(onnx: typed(type, field, bits, isPacked: isPacked))
      #expect(try Predictor(network).predict(identity).elements == values, "type \(type)")
      for count in [bits.count - 1, bits.count + 1] {
        let file = try typed(
          type, field, Array((bits + bits)[..<count]), isPacked: isPacked)
        #expect(throws: FileError.self) { try Network(onnx: file) }
      }
    }
    let broken = [(2, 5, 256), (3, 5, 128), (10, 5, 1 << 16), (12, 11, 1 << 32), (13, 11, -1)]
    for (type, field, bits) in broken {
      let file = try typed(
        type, field, [Int](repeating: bits, count: 8), isPacked: isPacked)
      let error = #expect(throws: FileError.self) { try Network(onnx: file) }
      #expect(error?.place == "constant \"c\"", "\(String(describing: error))")
    }
  }

  /// Sizes that nodes compute from few bytes.
  @Test func constantsThatAreComputedAreLimited() throws {
    let sizes: (inout ProtobufMessage) -> Void = { graph in
      graph.message(5) { tensor in
        tensor.integer(1, 2)
        tensor.integer(2, 7)
        tensor.string(8, "c")
        let sizes: [Int64] = [1 << 20, 1 << 20]
        sizes.withUnsafeBytes { tensor.bytes(9, $0) }
      }
    }
    let nodes = [
      Node(operation: "ConstantOfShape", inputs: ["c"], output: "a"),
      Node(operation: "Add", inputs: ["x", "a"], output: "y"),
    ]
    #expect(throws: ONNXError.self) { try read(HandmadeONNX.model(nodes, sizes)) }
    // Each of them within the limit.
    let small: (inout ProtobufMessage) -> Void = { graph in
      graph.message(5) { tensor in
        tensor.integer(1, 1)
        tensor.integer(2, 7)
        tensor.string(8, "c")
        withUnsafeBytes(of: Int64(1 << 18)) { tensor.bytes(9, $0) }
      }
    }
    let many = (0..<100).map {
      Node(operation: "ConstantOfShape", inputs: ["c"], output: "a\($0)")
    }
    let last = Node(operation: "Relu", inputs: ["x"], output: "y")
    let model = HandmadeONNX.model(many + [last], small)
    let error = #expect(throws: FileError.self) { try read(model) }
    #expect(error?.expected == "fewer computed constants")
  }

  @Test func manyFieldsAreRefused() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      // Nodes without anything, nodes with an operation, sizes, and names.
      let parts: [[UInt8]] = [
        [0x0a, 0x00], [0x0a, 0x06, 0x12, 0x01, 0x61, 0x22, 0x01, 0x61], [0x5a, 0x02, 0x0a, 0x00],
      ]
      for part in parts {
        let body = Array([[UInt8]](repeating: part, count: 1_000_000).joined())
        let model = ProtobufMessage { model in
          model.bytes(7, body)
          model.message(8) { $0.integer(2, 17) }
        }
        try folder.write(model.bytes, to: "a.onnx")
        let url = folder.url.appending(path: "a.onnx")
        let usage = try ProcessUsage()
        do {
          _ = try Network(onnx: url)
          require(false, "\(part)")
        } catch is FileError {}
        let excess = try usage.excess(overFileOf: model.bytes.count)
        require(excess == nil, "\(part): \(excess ?? "")")
      }
    }
  }

  @Test(arguments: ["activations_script", "keras_dynamo"])
  func brokenFiles(name: String) throws {
    let files = try BrokenFiles(fixture: "onnx_\(name).onnx") { url in
      do {
        _ = try Network(onnx: url)
      } catch let error as ONNXError {
        throw FileError(file: url.path, place: "nodes", expected: "layers", found: "\(error)")
      }
    }
    // What ends behind the graph may be a file whose metadata are missing.
    for count in stride(from: 0, to: files.original.count - 200, by: 501) {
      try scratch.write(Array(files.original[..<count]), to: "broken.onnx")
      #expect(throws: FileError.self) {
        try Network(onnx: scratch.url.appending(path: "broken.onnx"))
      }
    }
    try files.expectMutationsHandled(400)
  }
}
