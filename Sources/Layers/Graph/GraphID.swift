/// The index of a value, node or layer in its graph.
///
/// Valid only in the graph that it comes from.
public struct GraphID<Element>: Hashable, Sendable {
  package let index: Int

  package init(_ index: Int) { self.index = index }
}

/// The index of a value in ``Graph/values``.
public typealias ValueID = GraphID<Graph.Value>

/// The index of a node in ``Graph/nodes``.
public typealias NodeID = GraphID<Graph.Node>

/// The index of a layer in ``Graph/layers``.
public typealias LayerID = GraphID<GraphLayer>

extension Array {
  /// The element for a value, node or layer, in an array with one element for each of them.
  package subscript<Kind>(id: GraphID<Kind>) -> Element {
    get { self[id.index] }
    set { self[id.index] = newValue }
  }
}
