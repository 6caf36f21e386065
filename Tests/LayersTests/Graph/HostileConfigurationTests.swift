import Foundation
import PinionTensor
import Testing

@testable import PinionLayers

/// Invalid configurations: reading one gives a graph or a ``GraphError``, and never traps.
@Suite struct HostileConfigurationTests {
  /// Reads; what can be read must be usable too. Returns whether it was read.
  @discardableResult
  private func read(_ data: Data, _ place: @autoclosure () -> String = "") -> Bool {
    let graph: Graph
    do {
      graph = try Graph(configuration: data)
    } catch is GraphError {
      return false
    } catch {
      Issue.record("\(error) instead of a GraphError; \(place())")
      return false
    }
    use(graph, place())
    return true
  }

  private func use(_ graph: Graph, _ place: String) {
    let again = try? Graph(configuration: graph.configuration())
    #expect(again == graph, "\(place)")
    #expect(!graph.summary(expandingNested: true).isEmpty)
    let sizes = graph.values.map(\.shape.elementCount)
    guard graph.parameterCounts.total < 100_000, sizes.allSatisfy({ $0 < 10_000 }) else { return }
    let weights = Weights(graph: graph, seed: 1)
    let plan = Plan(graph: graph, request: .init(batch: 1))
    let inputs = graph.inputShapes.map { AlignedBuffer(count: $0.elementCount) }
    let workspace = Workspace(plan: plan, weights: weights, pool: ThreadPool(threads: 1))
    workspace.run(inputs: inputs.map(\.view))
    for (index, shape) in graph.outputShapes.enumerated() {
      #expect(workspace.outputs(index).count == shape.elementCount)
    }
  }

  private static func valid() throws -> Data { try ConfigurationTests.everything().configuration() }

  private func saved(
    layers: String, inputShape: String = "[4]", format: String = "1", name: String = "\"m\""
  ) -> Data {
    Data(
      #"{"format":\#(format),"name":\#(name),"inputShape":\#(inputShape),"layers":\#(layers)}"#.utf8
    )
  }

  private func flatten(name: String = "f", inputs: String = "[0]", type: String = "Flatten")
    -> String
  {
    #"{"name":"\#(name)","inputs":\#(inputs),"layer":{"type":"\#(type)","configuration":{}}}"#
  }

  @Test func theValidIsRead() throws {
    #expect(read(try Self.valid()))
    #expect(read(saved(layers: "[\(flatten())]")))
  }

  @Test(arguments: [
    "", " ", "null", "0", "\"\"", "[]", "{}", "{", "}", "[[]]", "nul", "{\"format\":1}", "\u{0}",
    "{\"format\":1,\"name\":\"m\",\"inputShape\":[4],\"layers\":{}}",
  ]) func noConfiguration(text: String) {
    #expect(!read(Data(text.utf8)))
  }

  @Test func notText() {
    #expect(!read(Data([0xFF, 0xFE, 0, 1])))
    #expect(!read(Data(repeating: 0x80, count: 1_000)))
  }

  @Test func deepNesting() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("{\"layer\":[", "]}")] {
      for depth in [100, 600, 100_000] {
        let text =
          String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        #expect(!read(Data(text.utf8)))
        #expect(!read(saved(layers: text)))
        #expect(!read(Data(String(repeating: open, count: depth).utf8)))
      }
    }
  }

  /// Activations within activations, read on a thread with a small stack.
  @Test func deepNestingOfConfigurations() throws {
    func nested(_ depth: Int) -> Data {
      var function = #"{"type":"Linear","configuration":{}}"#
      for _ in 0..<depth {
        function = #"{"type":"Activation","configuration":{"function":\#(function)}}"#
      }
      let layer = #"{"type":"Activation","configuration":{"function":\#(function)}}"#
      return saved(layers: #"[{"name":"a","inputs":[0],"layer":\#(layer)}]"#)
    }
    #expect(read(nested(0)))
    for depth in [1, 10, 25, 28, 29, 40, 250, 5_000] {
      let data = nested(depth)
      let (finished, outcome) = (DispatchSemaphore(value: 0), Outcome())
      let thread = Thread {
        do { _ = try Graph(configuration: data) } catch { outcome.error = error }
        finished.signal()
      }
      thread.stackSize = 512 << 10
      thread.start()
      finished.wait()
      #expect(outcome.error is GraphError, "\(depth) levels")
    }
  }

  /// Written by one thread before another is told.
  private final class Outcome: @unchecked Sendable { var error: (any Error)? }

  @Test func connections() throws {
    for inputs in [
      "[]", "[1]", "[-1]", "[2]", "[0,0]", "[9223372036854775807]", "[-9223372036854775808]",
      "[1e30]", "[0.5]", "null", "[null]", "0", "\"0\"",
    ] {
      #expect(!read(saved(layers: "[\(flatten(inputs: inputs))]")), "\(inputs)")
    }
    // Forward references, to itself and to a later one.
    let (first, second) = (flatten(inputs: "[2]"), flatten(name: "g", inputs: "[1]"))
    #expect(!read(saved(layers: "[\(first),\(second)]")))
    #expect(!read(saved(layers: "[\(flatten(inputs: "[1]"))]")))
    #expect(!read(saved(layers: "[]")))
  }

  @Test func names() throws {
    func error(_ layers: String) -> GraphError? {
      #expect(throws: GraphError.self) { try Graph(configuration: saved(layers: layers)) }
    }
    #expect(error("[\(flatten(name: "a/b"))]") == .invalidName("a/b"))
    #expect(error("[\(flatten(name: ""))]") == .invalidName(""))
    #expect(error("[\(flatten()),\(flatten(inputs: "[1]"))]") == .duplicateName("f"))
    let unknown = try #require(error("[\(flatten(type: "Flatter"))]"))
    #expect("\(unknown)".contains("Flatter"))
    // Another kind of thing where a layer belongs.
    for type in ["ReLU", "VarianceScaling", "MeanSquaredError", "Dense", ""] {
      #expect(!read(saved(layers: "[\(flatten(type: type))]")), "\(type)")
    }
  }

  @Test(arguments: ["0", "2", "-1", "1.5", "\"1\"", "null", "1e400", "99999999999999999999"])
  func formats(format: String) {
    #expect(!read(saved(layers: "[\(flatten())]", format: format)))
  }

  @Test(arguments: [
    "[0]", "[-4]", "[9223372036854775807]", "[4611686018427387904,4]", "[2147483648]",
    "[9223372036854775808]", "[1e999]", "[2147483647,2147483647]", "[4.5]", "4", "null", "[[4]]",
    "[-9223372036854775808,-1]",
  ]) func inputShapes(shape: String) {
    #expect(!read(saved(layers: "[\(flatten())]", inputShape: shape)))
  }

  private func saved2(
    inputs: String = #"[{"name":"i","shape":[4]}]"#, outputs: String = "[1]",
    layers: String? = nil, nodes: String = #"[{"layer":0,"inputs":[0]}]"#
  ) -> String {
    let layers = layers ?? #"[{"name":"f","layer":{"type":"Flatten","configuration":{}}}]"#
    return #"{"name":"m","kind":"Functional","inputs":\#(inputs),"outputs":\#(outputs),"#
      + #""layers":\#(layers),"nodes":\#(nodes)}"#
  }

  private func read2(_ graph: String, _ place: String = "") -> Bool {
    read(Data(#"{"format":2,"graph":\#(graph)}"#.utf8), place)
  }

  @Test func secondFormat() {
    #expect(read2(saved2()))
    for outputs in ["[]", "[0]", "[2]", "[-1]", "[1,1]", "[0,1]", "1", "null", "[1e30]"] {
      #expect(!read2(saved2(outputs: outputs)), "outputs \(outputs)")
    }
    for inputs in [
      "[]", "null", "[[4]]", #"[{"name":"","shape":[4]}]"#, #"[{"name":"a/b","shape":[4]}]"#,
      #"[{"name":"f","shape":[4]}]"#, #"[{"name":"i","shape":[0]}]"#,
      #"[{"name":"i","shape":[4]},{"name":"i","shape":[4]}]"#,
    ] {
      #expect(!read2(saved2(inputs: inputs)), "inputs \(inputs)")
    }
    for node in [
      #"{"layer":1,"inputs":[0]}"#, #"{"layer":-1,"inputs":[0]}"#, #"{"layer":0,"inputs":[]}"#,
      #"{"layer":0,"inputs":[1]}"#, #"{"layer":0,"inputs":[-1]}"#, #"{"layer":0,"inputs":[0,0]}"#,
      #"{"layer":9223372036854775807,"inputs":[0]}"#, "{}", "null", "0",
    ] {
      #expect(!read2(saved2(nodes: "[\(node)]")), "node \(node)")
    }
    #expect(!read2(saved2(nodes: "[]")))
    let flatten = #""layer":{"type":"Flatten","configuration":{}}"#
    for layer in [
      #"{"name":"f"}"#, #"{"name":"f",\#(flatten),"graph":\#(saved2())}"#,
      #"{"name":"",\#(flatten)}"#, #"{"name":"/",\#(flatten)}"#, #"{"name":"a//b",\#(flatten)}"#,
      #"{"name":"a/b","graph":\#(saved2())}"#, #"{"name":"i",\#(flatten)}"#,
      #"{"name":"f","graph":\#(saved2(nodes: "[]"))}"#,
      #"{"name":"f","graph":\#(saved2(inputs: #"[{"name":"i","shape":[5]}]"#))}"#,
      #"{"name":"f",\#(flatten)},{"name":"unused",\#(flatten)}"#,
      #"{"name":"f",\#(flatten),"isTrainable":3}"#,
    ] {
      #expect(!read2(saved2(layers: "[\(layer)]")), "layer \(layer)")
    }
    #expect(read2(saved2(layers: #"[{"name":"a/b",\#(flatten)}]"#)))
    #expect(read2(saved2(layers: #"[{"name":"g","graph":\#(saved2())}]"#)))
    // One layer for two shapes.
    let dense =
      #"[{"name":"d","layer":{"type":"Dense","configuration":{"units":3,"usesBias":false,"#
      + #""activation":{"type":"Linear","configuration":{}},"kernelInitializer":{"type":"#
      + #""ConstantInitializer","configuration":{"value":0}},"biasInitializer":{"type":"#
      + #""ConstantInitializer","configuration":{"value":0}}}}}]"#
    let twice = #"[{"layer":0,"inputs":[0]},{"layer":0,"inputs":[1]}]"#
    let four = Data(
      #"{"format":2,"graph":\#(saved2(outputs: "[2]", layers: dense, nodes: twice))}"#.utf8)
    let error = #expect(throws: GraphError.self) { try Graph(configuration: four) }
    #expect("\(String(describing: error))".contains("kernel (4, 3)"))
  }

  /// Each graph calls the next ten times: a million million nodes in a small file.
  @Test func nestedGraphsMultiply() {
    var graph = saved2()
    let calls = (0..<10).map { #"{"layer":0,"inputs":[\#($0)]}"# }.joined(separator: ",")
    for depth in 0..<12 {
      graph = saved2(
        outputs: "[10]", layers: #"[{"name":"g","graph":\#(graph)}]"#, nodes: "[\(calls)]")
      if depth == 1 { #expect(read2(graph)) }
    }
    #expect(throws: GraphError.tooLarge) {
      try Graph(configuration: Data(#"{"format":2,"graph":\#(graph)}"#.utf8))
    }
    var deep = saved2()
    for _ in 0..<200 { deep = saved2(layers: #"[{"name":"g","graph":\#(deep)}]"#) }
    #expect(!read2(deep))
  }

  /// Every value of the configuration replaced by every unusual one, and every field left out.
  @Test(arguments: [false, true]) func everyValueReplaced(isNested: Bool) throws {
    let root = try JSONSerialization.jsonObject(
      with: isNested ? SummaryTests.several().configuration() : Self.valid())
    let strange: [Any] = [
      NSNull(), true, 0, 1, -1, 2, 0.5, 1e-300, 1e300, Int.max, Int.min, 1 << 31, 1 << 40, "",
      "Dense", "ReLU", "/", [], [0], [Int.max, Int.max], [String: Any](), ["type": "Dense"],
    ]
    var (count, readable) = (0, 0)
    for path in Self.paths(in: root) where !path.isEmpty {
      for value in strange.map(Optional.some) + [nil] {
        let changed = Self.replacing(path[...], in: root, by: value)
        let data = try JSONSerialization.data(withJSONObject: changed)
        count += 1
        if read(data, "\(path) replaced by \(String(describing: value))") { readable += 1 }
      }
    }
    #expect(count > 1_500)
    // Some values are as good as those that they replace.
    #expect(readable > 50 && readable < count / 4)
  }

  /// Bytes flipped, left out, repeated and exchanged, at places that follow from a number.
  @Test func thousandsOfMutations() throws {
    let valid = try Self.valid()
    var choices = Choices("mutations")
    let pieces = ["9", "-", "e9", "null", "[", "{", "\"", ",", ":", "\\", "\\u0000", "\u{FEFF}"]
    for number in 0..<4_000 {
      var data = valid
      for _ in 0...choices.below(3) {
        let place = choices.below(data.count)
        let end = min(data.count, place + 1 + choices.below(12))
        switch choices.below(5) {
        case 0: data[place] ^= 1 << UInt8(choices.below(8))
        case 1: data.removeSubrange(place..<end)
        case 2: data.insert(contentsOf: Data(data[place..<end]), at: place)
        case 3: data.replaceSubrange(place..<end, with: Data(choices.pick(pieces).utf8))
        default: data.insert(contentsOf: Data(choices.pick(pieces).utf8), at: place)
        }
      }
      read(data, "mutation \(number)")
    }
    for end in stride(from: 0, to: valid.count, by: 7) { #expect(!read(valid.prefix(end))) }
  }

  // MARK: JSON trees

  private static func paths(in value: Any) -> [[String]] {
    var result: [[String]] = [[]]
    if let object = value as? [String: Any] {
      for key in object.keys.sorted() { result += paths(in: object[key]!).map { [key] + $0 } }
    } else if let list = value as? [Any] {
      for (i, element) in list.enumerated() { result += paths(in: element).map { ["\(i)"] + $0 } }
    }
    return result
  }

  /// The tree with another value at a path, or none.
  private static func replacing(_ path: ArraySlice<String>, in tree: Any, by value: Any?) -> Any {
    guard let key = path.first else { return value ?? NSNull() }
    let rest = path.dropFirst()
    if var object = tree as? [String: Any] {
      let isLeaf = rest.isEmpty
      object[key] = isLeaf ? value : replacing(rest, in: object[key]!, by: value)
      return object
    }
    guard var list = tree as? [Any], let index = Int(key) else { return tree }
    if rest.isEmpty, value == nil {
      list.remove(at: index)
    } else {
      list[index] = replacing(rest, in: list[index], by: value)
    }
    return list
  }
}
