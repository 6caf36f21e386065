internal import PinionTensor

extension Plan {
  /// A table of the plan's decisions: for each node its algorithm, the memory of its output, its
  /// regions, the bytes stored for each sample, and the operations of its matrix products; then the
  /// regions and the memory.
  package var table: String {
    let placed = placedOperations
    let rows = graph.nodes.map { PlanRow($0, placed[$0.id] ?? [], in: self).cells }
    let header = [
      "Layer (type)", "Output", "Algorithm", "Memory", "Regions", "Stored/sample", "MFLOP/sample",
    ]
    var text = Self.aligned([header] + rows, numbers: [5, 6])
    let operations = graph.nodes.reduce(0) { sum, node in
      sum + (placed[node.id]?.first?.operation.program.operations ?? 0)
    }
    text +=
      "\nForward pass of a sample: \(Self.millions(operations)) MFLOP in matrix products\n"
    for (index, region) in regions.enumerated() {
      text += "Region \(index + 1): \(region.text)\n"
    }
    text += "Memory: \(Graph.size(arenaBytes)) for \(request.batch) samples, "
    text += "\(Graph.size(tileBytes + scratchBytes)) for each thread"
    if preparedBytes > 0 { text += ", \(Graph.size(preparedBytes)) computed from parameters" }
    return text + "\n"
  }

  fileprivate typealias PlacedOperation = (region: Int, operation: Operation)

  /// The operations of each node, in their order, with the indices of their regions.
  private var placedOperations: [NodeID: [PlacedOperation]] {
    var placed: [NodeID: [PlacedOperation]] = [:]
    for (index, region) in regions.enumerated() {
      for operation in region.operations {
        if let node = operation.node { placed[node, default: []].append((index, operation)) }
      }
    }
    return placed
  }

  fileprivate static func millions(_ operations: Int) -> String {
    NumberText.fixed(Double(operations) / 1e6, decimals: 3)
  }

  /// Columns with two spaces between, those of numbers to the right.
  private static func aligned(_ rows: [[String]], numbers: Set<Int>) -> String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return numbers.contains(column) ? space + cell : cell + space
      }
      return cells.joined(separator: "  ").trimmedAtEnd + "\n"
    }.joined()
  }
}

/// What a plan decides for a node.
private struct PlanRow {
  let cells: [String]

  init(_ node: Graph.Node, _ placed: [Plan.PlacedOperation], in plan: Plan) {
    let layer = plan.graph.layer(of: node)
    var places: [Int] = []
    for (region, _) in placed where places.last != region { places.append(region) }
    let first = placed.first?.operation
    let program = first?.program
    let kept = zip(program?.reservations ?? [], first?.memory ?? []).reduce(0) {
      $1.0.scope == .kept ? $0 + plan.storages[$1.1].bytesPerSample : $0
    }
    let storage = plan.values[node.output]
    let isShared = node.inputs.contains { plan.values[$0] == storage }
    let home =
      isShared
      ? (placed.isEmpty ? "view" : "in place")
      : plan.storages[storage].home == .tile ? "tile" : "batch"
    let output = !isShared && home == "batch" ? plan.storages[storage].bytesPerSample : 0
    cells = [
      PrintableText.escaped("\(layer.name) (\(layer.typeName))"),
      "\(plan.graph[node.output].shape)",
      program?.algorithm ?? "", home, places.map { "\($0 + 1)" }.joined(separator: " "),
      kept + output > 0 ? Graph.size(kept + output) : "",
      program.map { $0.operations > 0 ? Plan.millions($0.operations) : "" } ?? "",
    ]
  }
}

extension Region {
  /// Such as `16 lanes of samples, tiles of 4, 3 operations`.
  fileprivate var text: String {
    let work = operations.count == 1 ? "1 operation" : "\(operations.count) operations"
    switch division {
    case .samples(let lanes):
      return "\(lanes) \(lanes == 1 ? "lane" : "lanes") of samples, tiles of \(tile), \(work)"
    case .pieces: return "\(partCount) \(partCount == 1 ? "piece" : "pieces"), \(work)"
    }
  }
}

extension String {
  /// Without spaces at the end.
  fileprivate var trimmedAtEnd: String {
    String(prefix(count - reversed().prefix { $0 == " " }.count))
  }
}
