import BenchmarkSupport
import PinionLayers
import PinionTensor

/// The passes of a grid that stay below ``LayerGrid/goal``, in groups of one layer and pass.
struct GridExceptions {
  /// The columns of the printed list.
  private static let width = 100

  private var groups: [(name: String, passes: Int, slow: [String])] = []

  /// Adds the results of one layer.
  mutating func add(_ layer: LayerCase, _ results: [LayerResult]) {
    for result in results {
      let name = "\(layer.kind), \(result.pass.rawValue)"
      let index = groups.firstIndex { $0.name == name } ?? groups.endIndex
      if index == groups.endIndex { groups.append((name, 0, [])) }
      groups[index].passes += 1
      guard result.share < LayerGrid.goal else { continue }
      let size = layer.inputShape
      groups[index].slow.append("\(size[0])×\(size[2]) \(Int((100 * result.share).rounded())) %")
    }
  }

  /// A list in Markdown: for each group, how many of its passes are slow, and which: the side of
  /// the image × channels, and the fraction of the limit.
  var lines: [String] {
    groups.filter { !$0.slow.isEmpty }.flatMap { group in
      Self.wrap(
        "- **\(group.name)**, \(group.slow.count) of \(group.passes):", group.slow)
    }
  }

  /// Items separated by commas after a heading, in lines of at most ``width`` columns.
  private static func wrap(_ heading: String, _ items: [String]) -> [String] {
    var lines = [heading]
    for (index, item) in items.enumerated() {
      let item = " " + item + (index == items.count - 1 ? "" : ",")
      if lines[lines.count - 1].count + item.count > width { lines.append(" ") }
      lines[lines.count - 1] += item
    }
    return lines
  }
}

extension LayerCase {
  /// Such as `Conv2D 3×3, stride 2` or `Activation GELU`.
  fileprivate var kind: String {
    switch layer {
    case let layer as Conv2D: typeName + Self.text(layer.kernel, layer.stride)
    case let layer as DepthwiseConv2D: typeName + Self.text(layer.kernel, layer.stride)
    case let layer as Activation: "\(typeName) \(type(of: layer.function))"
    default: typeName
    }
  }

  private static func text(_ kernel: Size2D, _ stride: Size2D) -> String {
    " \(kernel.height)×\(kernel.width)" + (stride.height == 1 ? "" : ", stride \(stride.height)")
  }
}
