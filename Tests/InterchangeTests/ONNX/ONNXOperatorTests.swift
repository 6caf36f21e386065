import Foundation
import Pinion
import PinionTestSupport
import Testing

@testable import PinionInterchange

/// Operators of ONNX with rare attributes, beside what their definitions say.
@Suite struct ONNXOperatorTests {
  private let scratch: TemporaryFolder

  init() throws { scratch = try TemporaryFolder() }

  private typealias Node = HandmadeONNX.Node

  private func read(_ model: ProtobufMessage) throws -> Network {
    try scratch.write(model.bytes, to: "a.onnx")
    return try Network(onnx: scratch.url.appending(path: "a.onnx"))
  }

  /// The only reason for which a file is refused.
  private func refusal(_ model: ProtobufMessage) throws -> String? {
    let error = #expect(throws: ONNXError.self) { try read(model) }
    guard case .unsupportedNodes(_, let nodes)? = error, nodes.count == 1 else {
      Issue.record("\(String(describing: error))")
      return nil
    }
    return nodes[0]
  }

  /// The output for an image of 1, 2, 3, …, of one channel.
  private func output(_ model: ProtobufMessage, side: Int) throws -> Tensor {
    let pixels = (1...side * side).map { Float($0) }
    let image = Tensor(shape: [1, side, side, 1], elements: pixels)
    return try Predictor(read(model)).predict(image)
  }

  // MARK: Pooling

  private func pooling(
    _ operation: String, kernel: Int, stride: Int, pads: Int, ceiling: Bool = true, side: Int,
    after first: Node = Node(operation: "Relu", inputs: ["x"], output: "a"),
    countsPads: Bool = false
  ) -> ProtobufMessage {
    let node = Node(
      operation: operation, inputs: ["a"], output: "y",
      integers: [
        ("kernel_shape", [kernel, kernel]), ("strides", [stride, stride]),
        ("pads", [pads, pads, pads, pads]),
      ],
      numbers: [("ceil_mode", ceiling ? 1 : 0)]
        + (countsPads ? [("count_include_pad", 1)] : []))
    return HandmadeONNX.model([first, node], sizes: [1, side, side]) { graph in
      HandmadeONNX.add("pads", [0, 0, 1, 1, 0, 0, 1, 1], to: &graph)
    }
  }

  /// A window that would begin in the padding at the end is none.
  @Test func windowsBeginInTheImage() throws {
    let padded = try output(
      pooling("MaxPool", kernel: 2, stride: 2, pads: 1, side: 3), side: 3)
    #expect(padded == Tensor(shape: [1, 2, 2, 1], elements: [1, 3, 7, 9]))
    let single = try output(
      pooling("MaxPool", kernel: 1, stride: 3, pads: 0, side: 3), side: 3)
    #expect(single == Tensor(shape: [1, 1, 1, 1], elements: [1]))
    let rest = try output(pooling("MaxPool", kernel: 2, stride: 2, pads: 0, side: 3), side: 3)
    #expect(rest == Tensor(shape: [1, 2, 2, 1], elements: [5, 6, 8, 9]))
    let means = try output(
      pooling("AveragePool", kernel: 1, stride: 3, pads: 0, side: 3), side: 3)
    #expect(means == Tensor(shape: [1, 1, 1, 1], elements: [1]))
  }

  /// The zeros of a padding node count in a mean, those of the node itself only if it says so.
  @Test func meansCountWhatWasPaddedBefore() throws {
    let frame = Node(operation: "Pad", inputs: ["x", "pads"], output: "a")
    func model(pads: Int, countsPads: Bool) -> ProtobufMessage {
      pooling(
        "AveragePool", kernel: 2, stride: 2, pads: pads, ceiling: false, side: 2, after: frame,
        countsPads: countsPads)
    }
    let framed = Tensor(shape: [1, 2, 2, 1], elements: [0.25, 0.5, 0.75, 1])
    #expect(try output(model(pads: 0, countsPads: false), side: 2) == framed)
    let both = Tensor(shape: [1, 3, 3, 1], elements: [0, 0, 0, 0, 2.5, 0, 0, 0, 0])
    #expect(try output(model(pads: 1, countsPads: true), side: 2) == both)
    let reason = try refusal(model(pads: 1, countsPads: false))
    #expect(reason?.contains("not counted") == true, "\(reason ?? "")")
  }

  // MARK: Resizing

  @Test func nearestPixelsDependOnTheRounding() throws {
    func model(_ rounding: String) -> ProtobufMessage {
      let node = Node(
        operation: "Resize", inputs: ["x", "", "scales"], output: "y",
        texts: [("mode", "nearest"), ("nearest_mode", rounding)])
      return HandmadeONNX.model([node], sizes: [1, 2, 2]) { graph in
        HandmadeONNX.add("scales", [4], [1, 1, 2, 2], to: &graph)
      }
    }
    let rows: [Float] = [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4]
    for rounding in ["round_prefer_floor", "round_prefer_ceil"] {
      let image = try output(model(rounding), side: 2)
      #expect(image == Tensor(shape: [1, 4, 4, 1], elements: rows))
    }
    for rounding in ["floor", "ceil"] {
      #expect(try refusal(model(rounding))?.contains(rounding) == true)
    }
  }

  // MARK: Numbers

  /// Fractions are lost in integers, which no layer does, unless they are indices.
  @Test func castsThatChangeNumbersAreRefused() throws {
    func cast(_ input: String, _ type: Int, _ output: String) -> Node {
      Node(operation: "Cast", inputs: [input], output: output, numbers: [("to", type)])
    }
    let toIntegers = [cast("x", 7, "a"), cast("a", 1, "y")]
    #expect(try refusal(HandmadeONNX.model(toIntegers))?.contains("int64") == true)
    for type in [8, 9] {
      let other = [cast("x", type, "a"), cast("a", 1, "y")]
      #expect(try refusal(HandmadeONNX.model(other))?.contains("changes numbers") == true)
    }
    // The elements are integers already.
    let integers = try read(HandmadeONNX.model(toIntegers, type: 6))
    #expect(try Predictor(integers).predict(Tensor([[1, 2, 3, -4]])) == Tensor([[1, 2, 3, -4]]))
    let halves = [cast("x", 10, "a"), cast("a", 1, "y")]
    _ = try read(HandmadeONNX.model(halves))
    let rows = [
      cast("x", 7, "a"), Node(operation: "Identity", inputs: ["a"], output: "b"),
      Node(operation: "Gather", inputs: ["table", "b"], output: "y"),
    ]
    let embedding = try read(
      HandmadeONNX.model(rows, sizes: [2]) { graph in
        HandmadeONNX.add("table", [3, 1], [5, 6, 7], to: &graph)
      })
    #expect(try Predictor(embedding).predict(Tensor([[2, 0]])).elements == [7, 5])
  }

  /// Writers of version 3 of Protocol Buffers leave out zeros.
  @Test func zerosThatAreLeftOut() throws {
    let product = Node(
      operation: "Gemm", inputs: ["x", "c", "d"], output: "y", zeros: [("beta", 1)])
    let dense = try read(
      HandmadeONNX.model([product]) { graph in
        HandmadeONNX.addOnes("c", [4, 1], to: &graph)
        HandmadeONNX.addOnes("d", [1], to: &graph)
      })
    #expect(try Predictor(dense).predict(Tensor([[1, 2, 3, 4]])).elements == [10])
    let mean = Node(
      operation: "ReduceMean", inputs: ["x"], output: "y", integers: [("axes", [1])],
      zeros: [("keepdims", 2)])
    let pooled = try read(HandmadeONNX.model([mean], sizes: [2, 3]))
    #expect(pooled.graph.outputShapes == [[3]])
  }
}
