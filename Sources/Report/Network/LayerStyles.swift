internal import PinionLayers
internal import PinionVisualization

/// A color and a short name for each type of layer in a network.
struct LayerStyles: Sendable, Equatable {
  struct Style: Sendable, Equatable {
    /// A few letters, for where there is little room.
    let short: String
    let color: RGB
  }

  /// What the input is shown as.
  static let input = Style(short: "Input", color: RGB(0xb6bdc5))

  private static let known: [String: Style] = [
    "Conv2D": Style(short: "Conv", color: Palette.blue),
    "Dense": Style(short: "Dense", color: Palette.green),
    "MaxPooling2D": Style(short: "Pool", color: Palette.vermillion),
    "BatchNormalization": Style(short: "BN", color: Palette.purple),
    "Dropout": Style(short: "Drop", color: RGB(0x8a8f98)),
    "Flatten": Style(short: "Flat", color: Palette.yellow),
    "Activation": Style(short: "Act", color: Palette.orange),
    "Add": Style(short: "Add", color: Palette.skyBlue),
  ]

  /// For types that are not ours, in the order in which they appear.
  private static let spare = [
    0xa05d2e, 0x5f4bb6, 0x3c7a3c, 0x9a9a00, 0x7a0f3c, 0x00808a,
  ].map { RGB($0) }

  /// The types in the order in which they appear.
  let types: [String]
  private let styles: [String: Style]

  init(_ graph: Graph) {
    var types: [String] = []
    var styles: [String: Style] = [:]
    var spares = 0
    for type in graph.layers.map(\.typeName) where styles[type] == nil {
      types.append(type)
      if let style = Self.known[type] {
        styles[type] = style
      } else {
        styles[type] = Style(
          short: TextMetrics.truncated(type, to: 52, size: 12),
          color: Self.spare[spares % Self.spare.count])
        spares += 1
      }
    }
    self.types = types
    self.styles = styles
  }

  subscript(type: String) -> Style { styles[type] ?? Self.input }

  /// What a legend says of a type: `BatchNormalization (BN)`.
  func legend(_ type: String) -> String {
    let short = self[type].short
    return type.hasPrefix(short) && short.count + 3 > type.count ? type : "\(type) (\(short))"
  }
}
