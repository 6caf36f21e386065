import Foundation
import Pinion
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionInterchange

/// Files of ONNX whose constants would take far more memory than the file.
@Suite struct ONNXMemoryTests {
  private typealias Node = HandmadeONNX.Node

  private let scratch: TemporaryFolder

  init() throws { scratch = try TemporaryFolder() }

  private func write(
    _ nodes: [Node], sizes: [Int], _ others: (inout ProtobufMessage) -> Void
  ) throws -> URL {
    try scratch.write(HandmadeONNX.model(nodes, sizes: sizes, others).bytes, to: "a.onnx")
    return scratch.url.appending(path: "a.onnx")
  }

  /// One matrix that many nodes multiply by: each gets a copy.
  @Test(arguments: [2, 200]) func sharedParameters(layers: Int) throws {
    let width = 512
    let nodes = (0..<layers).map {
      Node(
        operation: "MatMul", inputs: [$0 == 0 ? "x" : "a\($0)", "m"],
        output: $0 == layers - 1 ? "y" : "a\($0 + 1)")
    }
    let file = try write(nodes, sizes: [width]) {
      HandmadeONNX.addOnes("m", [width, width], to: &$0)
    }
    if layers == 2 {
      let outputs = try Predictor(Network(onnx: file)).predict(Tensor.ones([1, width]))
      #expect(outputs.elements.allSatisfy { $0 == Float(width * width) })
    } else {
      let error = #expect(throws: FileError.self) { try Network(onnx: file) }
      #expect(error?.place == "graph" && error?.found == "\(layers * width * width * 4)")
    }
  }

  /// Integers of a byte each, which take eight in memory.
  @Test(arguments: [4, 40]) func narrowIntegers(constants count: Int) throws {
    let limit = ONNXConstant.limit
    let bytes = [UInt8](repeating: 1, count: limit)
    let relu = Node(operation: "Relu", inputs: ["x"], output: "y")
    let file = try write([relu], sizes: [4]) { graph in
      for index in 0..<count {
        HandmadeONNX.add("c\(index)", [limit], type: 3, to: &graph) { tensor in
          bytes.withUnsafeBytes { tensor.bytes(9, $0) }
        }
      }
    }
    if count == 4 {
      _ = try Network(onnx: file)
    } else {
      let error = #expect(throws: FileError.self) { try Network(onnx: file) }
      #expect(error?.place == "graph" && error?.found == "\(count * limit * 8)")
    }
  }
}
