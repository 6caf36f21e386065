internal import PinionTensor

extension Graph {
  /// A table of layers, output shapes and parameter counts in Keras 3's format.
  ///
  /// Graphs that are not a chain have a column with the inputs of each layer. Shared layers and
  /// nested graphs have one row with the inputs of all calls: `dense` is the output of the first
  /// call, `dense[1]` of the second, and `fork[1][0]` the first output of the second call of a
  /// graph with several outputs. Sizes are four bytes for each parameter; control characters in
  /// names are escaped.
  ///
  /// - Parameter expandingNested: Whether the layers of nested graphs have rows. Default: false.
  public func summary(expandingNested: Bool = false) -> String {
    var rows = SummaryRows(of: self, expandingNested: expandingNested).rows
    var header = ["Layer (type)", "Output Shape", "Param #", "Connected to"]
    var widths = [33, 24, 15, 24]
    if isChain {
      header.removeLast()
      widths.removeLast()
      rows = rows.map { Array($0.dropLast()) }
    }
    for (column, title) in header.enumerated() {
      let longest = ([title] + rows.map { $0[column] }).map(\.count).max() ?? 0
      widths[column] = max(widths[column], longest + 2)
    }
    return "Model: \"\(PrintableText.escaped(name))\"\n" + Self.table(header, rows, widths)
      + totals()
  }

  /// Whether every node reads only the value before its output.
  var isChain: Bool {
    inputs.count == 1 && nodes.count == layers.count
      && nodes.allSatisfy { $0.inputs == [ValueID($0.output.index - 1)] }
      && outputs == [ValueID(values.count - 1)]
  }

  private func totals() -> String {
    let counts = parameterCounts
    func line(_ title: String, _ count: Int) -> String {
      " \(title): \(NumberText.grouped(count)) (\(Self.size(4 * count)))\n"
    }
    return line("Total params", counts.total) + line("Trainable params", counts.trainable)
      + line("Non-trainable params", counts.nonTrainable)
  }

  private static func table(_ header: [String], _ rows: [[String]], _ widths: [Int]) -> String {
    func rule(_ left: String, _ fill: String, _ cross: String, _ right: String) -> String {
      left + widths.map { String(repeating: fill, count: $0) }.joined(separator: cross) + right
        + "\n"
    }
    func line(_ cells: [String], _ bar: String) -> String {
      let padded = cells.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - 2 - cell.count)
        return " " + (column == 2 ? space + cell : cell + space) + " "
      }
      return bar + padded.joined(separator: bar) + bar + "\n"
    }
    let between = rule("├", "─", "┼", "┤")
    return rule("┏", "━", "┳", "┓") + line(header, "┃") + rule("┡", "━", "╇", "┩")
      + rows.map { line($0, "│") }.joined(separator: between) + rule("└", "─", "┴", "┘")
  }

  /// In units of 1024, with two decimals: `480.41 KB`.
  static func size(_ bytes: Int) -> String {
    let units = ["B", "KB", "MB", "GB", "TB"]
    var unit = 0
    var divisor = 1
    while unit + 1 < units.count, bytes >= divisor * 1_024 {
      unit += 1
      divisor *= 1_024
    }
    // Ties round to the even digit, as in Python.
    let (floor, rest) = (bytes * 100).quotientAndRemainder(dividingBy: divisor)
    let hundredths = 2 * rest + floor % 2 > divisor ? floor + 1 : floor
    let fraction = hundredths % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) \(units[unit])"
  }
}

/// The rows of a summary, in the order in which Keras lists a model's layers.
private struct SummaryRows {
  /// An input, or a layer or nested graph with all of its calls.
  private struct Item {
    let name: String
    let type: String
    let parameterCount: Int
    /// Of the last call.
    var outputs: [ValueID]
    var inputs: [ValueID] = []
    /// The nested graph.
    var graph: Graph?
    var isInput = false
  }

  /// Cells: name and type, output shape, parameters, connections.
  private(set) var rows: [[String]] = []
  private let graph: Graph
  private var items: [Item] = []
  /// The item of each input, then of each step of the graph.
  private var itemOfStep: [Int] = []
  /// The step of each value outside of nested graphs.
  private var stepOfValue: [ValueID: Int] = [:]
  private var inputsOfStep: [[ValueID]] = []
  private var labels: [ValueID: String] = [:]

  init(of graph: Graph, expandingNested: Bool) {
    self.graph = graph
    collect()
    let showsInputs = graph.kind == .functional || !graph.isChain
    for item in order() {
      let item = items[item]
      if item.isInput, !showsInputs { continue }
      let shapes = item.outputs.map { Self.batched(graph[$0].shape) }
      rows.append([
        "\(item.name) (\(item.type))",
        shapes.count == 1 ? shapes[0] : "[" + shapes.joined(separator: ", ") + "]",
        NumberText.grouped(item.parameterCount),
        item.inputs.isEmpty
          ? "-" : item.inputs.map { labels[$0] ?? graph[$0].name }.joined(separator: ", "),
      ])
      guard expandingNested, let nested = item.graph else { continue }
      rows += SummaryRows(of: nested, expandingNested: true).rows.map { row in
        let isDeeper = row[0].hasPrefix(" ")
        return [(isDeeper ? "   " : "   └ ") + row[0], row[1], row[2], "-"]
      }
    }
  }

  private mutating func collect() {
    var places: [String: Int] = [:]
    func escaped(_ text: String) -> String { PrintableText.escaped(text) }
    func use(_ item: Item, _ uses: Int) {
      let place = places[item.name] ?? items.count
      if place == items.count {
        places[item.name] = place
        items.append(item)
      } else {
        items[place].inputs += item.inputs
        items[place].outputs = item.outputs
      }
      for (index, output) in item.outputs.enumerated() {
        stepOfValue[output] = itemOfStep.count
        labels[output] =
          item.name + (uses > 0 || item.outputs.count > 1 ? "[\(uses)]" : "")
          + (item.outputs.count > 1 ? "[\(index)]" : "")
      }
      itemOfStep.append(place)
      inputsOfStep.append(item.inputs)
    }
    for id in graph.inputs {
      var item = Item(
        name: escaped(graph[id].name), type: "InputLayer", parameterCount: 0, outputs: [id])
      item.isInput = true
      use(item, 0)
    }
    var uses: [String: Int] = [:]
    for step in graph.steps {
      var item: Item
      switch step {
      case .node(let node):
        let layer = graph.layer(of: node)
        item = Item(
          name: escaped(layer.name), type: escaped(layer.typeName),
          parameterCount: layer.parameterCount, outputs: [node.output])
        item.inputs = node.inputs
      case .call(let group, let call):
        let group = graph.groups[group]
        item = Item(
          name: escaped(group.name), type: group.graph.kind.rawValue,
          parameterCount: group.graph.parameterCounts.total, outputs: call.outputs)
        item.inputs = call.inputs
        item.graph = group.graph
      }
      use(item, uses[item.name, default: 0])
      uses[item.name, default: 0] += 1
    }
  }

  /// The items by decreasing distance from the outputs; at equal distance in the order of a
  /// depth-first traversal from the outputs to the inputs.
  private func order() -> [Int] {
    var depthOfStep = Array(repeating: 0, count: itemOfStep.count)
    var depth = Array(repeating: 0, count: items.count)
    for step in itemOfStep.indices.reversed() {
      let item = itemOfStep[step]
      depth[item] = max(depth[item], depthOfStep[step])
      depthOfStep[step] = depth[item]
      for input in inputsOfStep[step] {
        guard let source = stepOfValue[input] else { continue }
        depthOfStep[source] = max(depthOfStep[source], depthOfStep[step] + 1)
      }
    }
    var rank: [Int?] = Array(repeating: nil, count: items.count)
    var next = 0
    var isSeen = Array(repeating: false, count: itemOfStep.count)
    var stack = Array(graph.outputs.compactMap { stepOfValue[$0] }.reversed())
    while let step = stack.popLast() {
      guard !isSeen[step] else { continue }
      isSeen[step] = true
      if rank[itemOfStep[step]] == nil {
        rank[itemOfStep[step]] = next
        next += 1
      }
      stack += inputsOfStep[step].reversed().compactMap { stepOfValue[$0] }
    }
    return items.indices.sorted {
      (-depth[$0], rank[$0] ?? Int.max, $0) < (-depth[$1], rank[$1] ?? Int.max, $1)
    }
  }

  private static func batched(_ shape: Shape) -> String {
    "(" + (["None"] + shape.map(String.init)).joined(separator: ", ") + ")"
  }
}
