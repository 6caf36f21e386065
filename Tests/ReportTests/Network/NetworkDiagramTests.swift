import Pinion
import Testing
import VisualizationTestSupport

@testable import PinionReport

@Suite struct NetworkDiagramTests {
  static func graphs() throws -> [Graph] {
    let dense = try Sequential(input: [784]) {
      Dense(32, activation: .relu)
      Dense(1, name: Samples.hostile.filter { $0 != "/" })
    }.graph
    return [try Samples.personal(), try Samples.residual(), dense, try Self.pair()]
  }

  /// Two inputs, two outputs, a nested graph that is called twice, and a layer used three times.
  static func pair() throws -> Graph {
    let inputs = [Input([8], name: "left"), Input([8], name: "right")]
    let encoder = try Sequential(input: [8], name: "encoder") {
      Dense(16, activation: .relu)
      Dense(8, name: "code")
    }
    let shared = Dense(8, name: "shared")
    let left = shared(encoder(inputs[0]))
    let right = shared(encoder(inputs[1]))
    let merged = Add()(left, right)
    return try Graph(
      inputs: inputs,
      outputs: [
        Dense(1, name: "distance")(merged),
        Dense(3, activation: .softmax, name: "kind")(shared(merged)),
      ], name: "pair")
  }

  @Test(arguments: [200.0, 366, 600, 1_060])
  func volumesFitAndDoNotOverlap(width: Double) throws {
    for graph in try Self.graphs() {
      let drawing = NetworkDiagram(graph).volumes(width: width)
      #expect(textFaults(of: drawing) == [])
      #expect(XMLCheck(drawing.svg()).fault == nil)
      #expect(drawing.width <= max(width, 320))
      // A label, sizes and three faces for each layer and each input.
      let boxes = graph.nodes.count + graph.inputs.count
      #expect(XMLCheck(drawing.svg()).count("path") == 3 * boxes)
    }
  }

  @Test func boxSizesGrowWithShapes() {
    func box(_ shape: Shape) -> VolumeBox { VolumeBox(title: "", shape: shape, color: .black) }
    #expect(box([28, 28, 1]).height > box([14, 28, 1]).height)
    #expect(box([28, 28, 1]).shift.x > box([28, 14, 1]).shift.x)
    #expect(box([28, 28, 64]).width > box([28, 28, 32]).width)
    #expect(box([1_024]).height > box([10]).height)
    #expect(box([1_000_000, 1_000_000, 1_000_000]).height <= 170)
    #expect(box([]).height > 0)
  }

  @Test func labelsNameEachLayer() throws {
    let drawing = NetworkDiagram(try Samples.personal()).volumes()
    let texts = drawing.texts.map(\.text)
    #expect(texts.count { $0 == "Conv" } == 5)
    #expect(texts.contains("BatchNormalization (BN)"))
    #expect(texts.contains("2×2×256"))
    #expect(texts.contains("1024"))
  }

  @Test func graphsNameEveryNode() throws {
    for graph in try Self.graphs() {
      let drawing = NetworkDiagram(graph).connections
      #expect(textFaults(of: drawing) == [])
      let check = XMLCheck(drawing.svg())
      #expect(check.fault == nil)
      let all = Set(check.text)
      for node in graph.nodes where node.name.count < 30 { #expect(all.contains(node.name)) }
    }
    let texts = NetworkDiagram(try Samples.personal()).connections.texts.map(\.text)
    #expect(texts.contains("32×32×64 · 18,496 parameters"))
    #expect(texts.contains("1024"))
  }

  @Test func parametersOfSharedLayersAreShownOnce() throws {
    let graph = try Self.pair()
    let texts = NetworkDiagram(graph).connections.texts.map(\.text)
    #expect(texts.count { $0 == "8 · shared with shared" } == 2)
    #expect(texts.count { $0 == "16 · shared with encoder/dense" } == 1)
    let shown = texts.compactMap { text in
      text.split(separator: " · ").dropFirst().first?.split(separator: " parameter").first
        .flatMap { Int($0) }
    }
    #expect(shown.reduce(0, +) == graph.parameterCounts.total)
  }

  @Test func edgesStartAtEveryInputAndEndAtEveryOutput() throws {
    let graph = try Self.pair()
    let layout = GraphLayout(graph, nodeWidth: 200)
    for input in graph.inputs { #expect(layout.edges.contains { $0.first == input.index }) }
    for output in graph.outputs { #expect(layout.edges.contains { $0.last == output.index }) }
  }

  @Test(arguments: [try Samples.residual(), try Self.pair()])
  func edgesAvoidNodes(graph: Graph) throws {
    let layout = GraphLayout(graph, nodeWidth: 200)
    #expect(layout.edges.count == graph.nodes.reduce(0) { $0 + $1.inputs.count })
    for edge in layout.edges {
      // Edges pass every level, so that no node is in between.
      let levels = edge.map { layout.places[$0].level }
      #expect(zip(levels, levels.dropFirst()).allSatisfy { $1 == $0 + 1 })
      #expect(edge.dropFirst().dropLast().allSatisfy { layout.places[$0].value == nil })
    }
    for level in layout.levels {
      for (left, right) in zip(level, level.dropFirst()) {
        let room = layout.places[right].x - layout.places[left].x
        #expect(room >= (layout.width(left) + layout.width(right)) / 2)
      }
    }
  }

  @Test func chainsAreStraight() throws {
    let layout = GraphLayout(try Samples.personal(), nodeWidth: 200)
    #expect(layout.levels.allSatisfy { $0.count == 1 })
    #expect(layout.places.allSatisfy { abs($0.x - layout.places[0].x) < 1e-9 })
  }

  @Test func layerTypesHaveDistinctColors() throws {
    let styles = LayerStyles(try Samples.personal())
    #expect(styles.types.first == "BatchNormalization")
    #expect(Set(styles.types.map { styles[$0].color.hex }).count == styles.types.count)
  }
}
