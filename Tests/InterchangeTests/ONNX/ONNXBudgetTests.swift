import Foundation
import Pinion
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionInterchange

/// Files of ONNX whose sizes overflow, or whose few bytes say much work or much memory.
@Suite struct ONNXBudgetTests {
  private typealias Node = HandmadeONNX.Node

  private static let limit = ONNXConstant.limit
  private let scratch: TemporaryFolder

  init() throws { scratch = try TemporaryFolder() }

  private func write(
    _ nodes: [Node], sizes: [Int] = [4], _ others: (inout ProtobufMessage) -> Void = { _ in }
  ) throws -> URL {
    try scratch.write(HandmadeONNX.model(nodes, sizes: sizes, others).bytes, to: "a.onnx")
    return scratch.url.appending(path: "a.onnx")
  }

  /// Nodes of constants, and one that makes the graph whole.
  private func constants(_ nodes: [Node]) -> [Node] {
    nodes + [Node(operation: "Relu", inputs: ["x"], output: "y")]
  }

  /// The reasons of nodes that are refused.
  private func reasons(
    _ nodes: [Node], sizes: [Int] = [4], _ others: (inout ProtobufMessage) -> Void = { _ in }
  ) throws -> [String] {
    let file = try write(nodes, sizes: sizes, others)
    let error = #expect(throws: ONNXError.self) { try Network(onnx: file) }
    guard case .unsupportedNodes(_, let names)? = error else { return [] }
    return names.map { String($0.split(separator: ": ", maxSplits: 1).last ?? "") }
  }

  private func expectExhausted(
    _ nodes: [Node], sizes: [Int] = [4], _ others: (inout ProtobufMessage) -> Void = { _ in }
  ) throws {
    let file = try write(nodes, sizes: sizes, others)
    let error = #expect(throws: FileError.self) { try Network(onnx: file) }
    #expect(error?.expected == "fewer computed constants", "\(String(describing: error))")
  }

  // MARK: Overflow

  @Test func sumsOfSizesThatOverflow() throws {
    let node = Node(
      operation: "Concat", inputs: ["a", "a"], output: "b", numbers: [("axis", 1)])
    let found = try reasons(constants([node])) { graph in
      HandmadeONNX.add("a", [0, 1 << 62], type: 2, to: &graph) { _ in }
    }
    #expect(found == ["of these constants"])
  }

  /// Sizes beside a zero, whose strides overflow.
  @Test func stridesThatOverflow() throws {
    let found = try reasons(
      constants([
        Node(
          operation: "Reshape", inputs: ["a", "huge"], output: "b", numbers: [("allowzero", 1)]),
        Node(operation: "Transpose", inputs: ["b"], output: "c", integers: [("perm", [2, 1, 0])]),
        Node(operation: "Expand", inputs: ["one", "wide"], output: "d"),
        Node(operation: "Transpose", inputs: ["d"], output: "e"),
      ])
    ) { graph in
      HandmadeONNX.add("a", [], to: &graph)
      HandmadeONNX.add("huge", [0, 1 << 40, 1 << 40], to: &graph)
      HandmadeONNX.add("one", [1], to: &graph)
      HandmadeONNX.add("wide", [0] + [Int](repeating: 1 << 18, count: 4), to: &graph)
    }
    #expect(found == ["of these constants", "of these constants"])
  }

  @Test func remaindersOfLargeNumbers() throws {
    let nodes = constants([Node(operation: "Mod", inputs: ["a", "b"], output: "c")])
    let file = try write(nodes) { graph in
      HandmadeONNX.add("a", [.max - 1, -1], to: &graph)
      HandmadeONNX.add("b", [.max, .max], to: &graph)
    }
    _ = try Network(onnx: file)
  }

  @Test func valuesWithoutBounds() throws {
    // Doubled 70 times, and enlarged four times.
    let doubled = (0..<70).map { index in
      Node(
        operation: "Concat", inputs: ["x\(index)", "x\(index)"], output: "x\(index + 1)",
        numbers: [("axis", 1)])
    }
    let first = Node(operation: "Identity", inputs: ["x"], output: "x0")
    let last = Node(operation: "Relu", inputs: ["x70"], output: "y")
    let sums = try reasons([first] + doubled + [last])
    #expect(sums.count == 1 && sums[0].hasPrefix("a result of the shape"), "\(sums)")
    let enlarged = (0..<4).map { index in
      Node(operation: "Upsample", inputs: ["x\(index)", "scales"], output: "x\(index + 1)")
    }
    let end = Node(operation: "Relu", inputs: ["x4"], output: "y")
    let products = try reasons([first] + enlarged + [end], sizes: [1, 4, 4]) { graph in
      HandmadeONNX.add("scales", [1, 1, 1 << 16, 1 << 16], to: &graph)
    }
    #expect(products.count == 1 && products[0].hasPrefix("a result of the shape"), "\(products)")
    let file = try write(constants([]), sizes: [Int](repeating: 1 << 24, count: 4))
    let error = #expect(throws: FileError.self) { try Network(onnx: file) }
    #expect(error?.expected == "fewer elements", "\(String(describing: error))")
  }

  /// A range of an axis is not listed place by place.
  @Test func slicesOfLongAxes() throws {
    let nodes = [
      Node(operation: "Flatten", inputs: ["x"], output: "a"),
      Node(operation: "Slice", inputs: ["a", "start", "end", "axis"], output: "y"),
    ]
    let found = try reasons(nodes, sizes: [1 << 20, 1 << 19]) { graph in
      HandmadeONNX.add("start", [1], to: &graph)
      HandmadeONNX.add("end", [.max], to: &graph)
      HandmadeONNX.add("axis", [1], to: &graph)
    }
    #expect(found.count == 1 && found[0].hasPrefix("a part of samples"), "\(found)")
  }

  // MARK: Repeated work

  @Test func axesThatRepeat() throws {
    let (count, limit) = (2_000, Self.limit)
    for input in ["c", "x"] {
      let node = Node(
        operation: "Slice", inputs: [input, "starts", "ends", "axes"], output: "a")
      let found = try reasons(constants([node])) { graph in
        HandmadeONNX.addOnes("c", [limit], to: &graph)
        HandmadeONNX.add("starts", [Int](repeating: 0, count: count), to: &graph)
        HandmadeONNX.add("ends", [Int](repeating: .max, count: count), to: &graph)
        HandmadeONNX.add("axes", [Int](repeating: input == "c" ? 0 : 1, count: count), to: &graph)
      }
      #expect(found == [input == "c" ? "of these constants" : "axes that are repeated"])
    }
  }

  @Test func slicesOfSeveralAxes() throws {
    let nodes = [
      Node(operation: "Slice", inputs: ["c", "starts", "ends", "axes", "steps"], output: "a"),
      Node(operation: "Add", inputs: ["x", "a"], output: "y"),
    ]
    let file = try write(nodes) { graph in
      HandmadeONNX.add("c", [3, 5], type: 7, to: &graph) { tensor in
        Array(0..<15).withUnsafeBytes { tensor.bytes(9, $0) }
      }
      HandmadeONNX.add("starts", [-1, 1], to: &graph)
      HandmadeONNX.add("ends", [0, 2], to: &graph)
      HandmadeONNX.add("axes", [-1, 0], to: &graph)
      HandmadeONNX.add("steps", [-1, 1], to: &graph)
    }
    let outputs = try Predictor(Network(onnx: file)).predict(Tensor([[0, 0, 0, 0]]))
    #expect(relativeDifference(outputs.elements, [9, 8, 7, 6]) < 1e-5)
  }

  @Test func storedConstantsReadAgain() throws {
    let limit = Self.limit
    let nodes = (0..<2_000).map {
      Node(operation: "Gather", inputs: ["c", "zero"], output: "a\($0)")
    }
    try expectExhausted(constants(nodes)) { graph in
      HandmadeONNX.addOnes("c", [limit], to: &graph)
      HandmadeONNX.add("zero", [0], to: &graph)
    }
    // By nodes of values, which refuse them.
    let clips = (0..<2_000).map {
      Node(operation: "Clip", inputs: ["x", "c"], output: "a\($0)")
    }
    try expectExhausted(constants(clips)) { HandmadeONNX.addOnes("c", [limit], to: &$0) }
  }

  /// Work of nodes that are refused in the end.
  @Test func workWithoutResults() throws {
    let nodes = (0..<2_000).map {
      Node(operation: "Div", inputs: ["a", "b"], output: "c\($0)")
    }
    try expectExhausted(constants(nodes)) { graph in
      for (name, sizes) in [("a", [512, 1]), ("b", [1, 512])] {
        HandmadeONNX.add(name, sizes, type: 7, to: &graph) { tensor in
          ([Int](repeating: 1, count: 511) + [0]).withUnsafeBytes { tensor.bytes(9, $0) }
        }
      }
    }
  }

  /// The rank of the result is twice that of the operand.
  @Test func axesWithoutBounds() throws {
    let nodes = (0..<24).map {
      Node(operation: "Gather", inputs: ["c\($0)", "c\($0)"], output: "c\($0 + 1)")
    }
    let found = try reasons(constants(nodes)) { graph in
      HandmadeONNX.add("c0", [1, 1], type: 7, to: &graph) { tensor in
        [0].withUnsafeBytes { tensor.bytes(9, $0) }
      }
    }
    #expect(found == ["of these constants"])
  }

  /// Parts of a concatenation that have other sizes, or no elements in many rows.
  @Test func partsOfOtherShapesOrWithoutElements() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let file = folder.url.appending(path: "a.onnx")
      let limit = ONNXConstant.limit
      let last = HandmadeONNX.Node(operation: "Relu", inputs: ["x"], output: "y")
      for isEmpty in [false, true] {
        let parts = ["a"] + [String](repeating: "b", count: 5_000)
        let node = HandmadeONNX.Node(
          operation: "Concat", inputs: parts, output: "c", numbers: [("axis", isEmpty ? 1 : 0)])
        let model = HandmadeONNX.model([node, last]) { graph in
          if isEmpty {
            for name in ["a", "b"] {
              HandmadeONNX.add(name, [limit, 0], type: 7, to: &graph) { _ in }
            }
          } else {
            HandmadeONNX.addOnes("a", [1, 1], to: &graph)
            HandmadeONNX.addOnes("b", [1, limit], to: &graph)
          }
        }
        try folder.write(model.bytes, to: "a.onnx")
        let usage = try ProcessUsage()
        do { _ = try Network(onnx: file) } catch is ONNXError {}
        let excess = try usage.excess(overFileOf: model.bytes.count)
        require(excess == nil, "\(isEmpty): \(excess ?? "")")
      }
    }
  }

  // MARK: Memory and names

  /// Each value would keep two numbers for each element of the constant.
  @Test func affineValues() throws {
    let limit = Self.limit
    let nodes = (0..<100).map {
      Node(
        operation: $0 % 2 == 0 ? "Add" : "Mul", inputs: [$0 == 0 ? "x" : "a\($0)", "c"],
        output: "a\($0 + 1)")
    }
    let last = Node(operation: "Relu", inputs: ["a100"], output: "y")
    try expectExhausted(nodes + [last], sizes: [limit]) {
      HandmadeONNX.addOnes("c", [limit], to: &$0)
    }
  }

  /// A parameter of one number for all elements of large samples.
  @Test func parametersThatAreRepeated() throws {
    let node = Node(
      operation: "LayerNormalization", inputs: ["x", "c"], output: "y", numbers: [("axis", 1)])
    try expectExhausted([node], sizes: [1 << 15, 1 << 15]) {
      HandmadeONNX.addOnes("c", [1], to: &$0)
    }
  }

  /// A name is not counted from 1 for each layer that would have it.
  @Test func namesThatRepeat() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let nodes = [HandmadeONNX.Node(operation: "Relu", inputs: ["x"], output: "y")]
      try folder.write(HandmadeONNX.model(nodes).bytes, to: "a.onnx")
      let importer = try ONNXImporter(
        ONNXFile(FileReader(folder.url.appending(path: "a.onnx"))))
      let usage = try ProcessUsage()
      require(importer.unique("a_1") == "a_1", "a name of its own")
      let names = (0..<20_000).map { _ in importer.unique("a") }
      require(names[..<3] == ["a", "a_2", "a_3"], "\(names[..<3])")
      require(names[19_999] == "a_20000", names[19_999])
      // Several hundred times as long if they were.
      require(usage.seconds < 3, "\(usage.seconds) s")
    }
  }
}
