/// The place of an element in its graph. Elements of different kinds have ids of different types.
///
/// An id is meaningful only in the graph that it comes from.
public struct GraphID<Element>: Hashable, Sendable {
  package let index: Int

  package init(_ index: Int) { self.index = index }
}

/// A place among a graph's values.
public typealias ValueID = GraphID<Graph.Value>

/// A place among a graph's nodes.
public typealias NodeID = GraphID<Graph.Node>

/// A place among a graph's layers.
public typealias LayerID = GraphID<GraphLayer>

extension Array {
  /// The element for a value, node or layer, of an array that holds one for each of them, in order.
  package subscript<Kind>(id: GraphID<Kind>) -> Element {
    get { self[id.index] }
    set { self[id.index] = newValue }
  }
}
