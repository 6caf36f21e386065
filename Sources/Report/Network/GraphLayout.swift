internal import PinionLayers

/// A layered layout of a graph: nodes in levels from the inputs downwards, and edges between
/// neighboring levels.
///
/// Edges that span several levels have a narrow place in each of them, so that they do not cross
/// nodes. The order within levels is by the barycenters of neighbors (Sugiyama, Tagawa and Toda
/// 1981); x coordinates approach the barycenters without overlaps.
struct GraphLayout {
  /// A place in a level.
  struct Place: Equatable {
    /// The value; nil for an edge that spans the level.
    let value: ValueID?
    let level: Int
    /// The center.
    var x = 0.0
  }

  private static let passageWidth = 14.0
  private static let gap = 22.0
  private static let sweeps = 12

  private(set) var places: [Place] = []
  /// The indices of the places of each level, from left to right.
  private(set) var levels: [[Int]] = []
  /// The places of each edge, from the input to the output.
  private(set) var edges: [[Int]] = []

  private let nodeWidth: Double
  private var above: [[Int]] = []
  private var below: [[Int]] = []

  init(_ graph: Graph, nodeWidth: Double) {
    self.nodeWidth = nodeWidth
    place(graph)
    for sweep in 0..<Self.sweeps { orderLevels(downwards: sweep.isMultiple(of: 2)) }
    for level in levels.indices {
      var x = 0.0
      for index in levels[level] {
        places[index].x = x + width(index) / 2
        x += width(index) + Self.gap
      }
      for index in levels[level] { places[index].x -= (x - Self.gap) / 2 }
    }
    for sweep in 0..<Self.sweeps { straighten(downwards: !sweep.isMultiple(of: 2)) }
  }

  func width(_ index: Int) -> Double {
    places[index].value == nil ? Self.passageWidth : nodeWidth
  }

  private mutating func place(_ graph: Graph) {
    let level = graph.run(on: graph.inputs.map { _ in 0 }) { _, inputs in
      (inputs.max() ?? 0) + 1
    }
    // The index of a value's place is the value's index.
    for value in graph.values { add(value: value.id, level: level[value.id]) }
    for node in graph.nodes {
      for input in node.inputs {
        var path = [input.index]
        for between in (level[input] + 1)..<max(level[input] + 1, level[node.output]) {
          path.append(places.count)
          add(value: nil, level: between)
        }
        path.append(node.output.index)
        edges.append(path)
        for (upper, lower) in zip(path, path.dropFirst()) {
          below[upper].append(lower)
          above[lower].append(upper)
        }
      }
    }
  }

  private mutating func add(value: ValueID?, level: Int) {
    while levels.count <= level { levels.append([]) }
    levels[level].append(places.count)
    places.append(Place(value: value, level: level))
    above.append([])
    below.append([])
  }

  private mutating func orderLevels(downwards: Bool) {
    var position = [Double](repeating: 0, count: places.count)
    for row in levels {
      for (rank, index) in row.enumerated() { position[index] = Double(rank) }
    }
    for level in downwards ? Array(levels.indices) : levels.indices.reversed() {
      let keys = levels[level].map { index in
        let neighbors = downwards ? above[index] : below[index]
        guard !neighbors.isEmpty else { return position[index] }
        return neighbors.reduce(0) { $0 + position[$1] } / Double(neighbors.count)
      }
      // Ties keep their order.
      levels[level] = zip(levels[level], keys).enumerated()
        .sorted { ($0.element.1, $0.offset) < ($1.element.1, $1.offset) }.map(\.element.0)
      for (rank, index) in levels[level].enumerated() { position[index] = Double(rank) }
    }
  }

  private mutating func straighten(downwards: Bool) {
    for level in downwards ? Array(levels.indices) : levels.indices.reversed() {
      let row = levels[level]
      let wanted = row.map { index in
        let neighbors = downwards ? above[index] : below[index]
        guard !neighbors.isEmpty else { return places[index].x }
        return neighbors.reduce(0) { $0 + places[$1].x } / Double(neighbors.count)
      }
      // Overlaps are removed from the left and from the right; the mean of both has none.
      var (pushed, pulled) = (wanted, wanted)
      for i in row.indices.dropFirst() {
        pushed[i] = max(pushed[i], pushed[i - 1] + distance(row[i - 1], row[i]))
      }
      for i in row.indices.reversed().dropFirst() {
        pulled[i] = min(pulled[i], pulled[i + 1] - distance(row[i], row[i + 1]))
      }
      for i in row.indices { places[row[i]].x = (pushed[i] + pulled[i]) / 2 }
    }
  }

  private func distance(_ left: Int, _ right: Int) -> Double {
    (width(left) + width(right)) / 2 + Self.gap
  }
}
