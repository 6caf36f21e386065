public import PinionMetrics
internal import PinionTensor

/// A confusion matrix as a heat map: one row per true class, one column per predicted class,
/// colored by the fraction of the row's samples.
///
/// Up to 20 classes, cells show counts. With more, the cells are drawn as one raster image.
public struct ConfusionMatrixPlot: Sendable {
  public let matrix: ConfusionMatrix
  /// Classes drawn next to each other with an outline around them. Default: none.
  public let groups: [ClassGroup]

  /// The class indices in the order in which they are drawn.
  let order: [Int]

  /// - Parameter groups: Groups whose classes come first; the remaining classes follow. Indices
  ///   that the matrix does not have, and repeated ones, are dropped.
  public init(_ matrix: ConfusionMatrix, groups: [ClassGroup] = []) {
    self.matrix = matrix
    var seen: Set<Int> = []
    self.groups = groups.map { group in
      ClassGroup(
        group.name,
        classes: group.classes.filter {
          (0..<matrix.classCount).contains($0) && seen.insert($0).inserted
        })
    }
    let others = (0..<matrix.classCount).filter { !seen.contains($0) }
    order = self.groups.flatMap(\.classes) + others
  }

  /// The heat map with one pixel per cell, scaled up to about 1,000 pixels. With more than 1,000
  /// classes, each pixel is the maximum of a square of cells.
  public var image: PixelImage {
    let map = heatMap
    return map.enlarged(by: max(1, Self.imageLimit / map.width))
  }

  private static let imageLimit = 1_000

  package var showsCounts: Bool { matrix.classCount <= 20 }

  /// One pixel per cell, or per square of cells if there are more than `imageLimit` classes.
  var heatMap: PixelImage {
    let step = (order.count - 1) / Self.imageLimit + 1
    let side = (order.count - 1) / step + 1
    var bytes: [UInt8] = []
    bytes.reserveCapacity(side * side * 3)
    for first in stride(from: 0, to: order.count, by: step) {
      var strongest = [Double](repeating: 0, count: side)
      for actual in order[first..<min(first + step, order.count)] {
        for (x, fraction) in fractions(of: actual).enumerated() {
          strongest[x / step] = max(strongest[x / step], fraction)
        }
      }
      for fraction in strongest { bytes += ColorScale.color(ofFraction: fraction).bytes }
    }
    return PixelImage(width: side, height: side, channels: 3, bytes: bytes)
  }

  /// The fraction of a true class's samples in each column; zeros if it has no samples.
  func fractions(of actual: Int) -> [Double] {
    let counts = order.map { matrix[true: actual, predicted: $0] }
    let total = counts.reduce(0, +)
    return counts.map { total > 0 ? Double($0) / Double(total) : 0 }
  }
}

/// A named set of related classes, such as a superclass of CIFAR-100.
public struct ClassGroup: Sendable, Equatable {
  public var name: String
  /// Class indices.
  public var classes: [Int]

  public init(_ name: String, classes: [Int]) {
    self.name = name
    self.classes = classes
  }
}

extension ConfusionMatrixPlot {
  public var drawing: Drawing { drawing(isCompact: false) }

  /// - Parameter isCompact: Whether to use smaller cells and text, for narrow screens, if counts
  ///   are shown.
  package func drawing(isCompact: Bool) -> Drawing {
    let layout = ConfusionMatrixLayout(self, isCompact: isCompact)
    var drawing = Drawing(
      width: layout.width, height: layout.height,
      title: "Confusion matrix of \(matrix.classCount) classes", details: details)
    // Dark pages invert the lightness of this group, so that the background means 0. Text is
    // outside of it and has colors of its own.
    drawing.group("heat") { drawing in
      if showsCounts {
        drawCells(in: &drawing, layout)
      } else {
        drawing.image(heatMap, in: layout.cells)
      }
      drawing.image(ColorScale.image(isPale: showsCounts), in: layout.scaleBar)
    }
    if showsCounts { drawCounts(in: &drawing, layout) }
    drawScale(in: &drawing, layout)
    drawing.rectangle(layout.cells, stroke: .axis)
    drawGroups(in: &drawing, layout)
    drawNames(in: &drawing, layout)
    drawTitles(in: &drawing, layout)
    return drawing
  }

  private var details: String {
    let pairs = matrix.mostConfusedPairs(3).map(\.excerpt.description)
    return "\(NumberText.grouped(matrix.correct)) of \(NumberText.grouped(matrix.total)) correct"
      + (pairs.isEmpty ? "" : ". Most confused: " + pairs.joined(separator: "; "))
  }

  private func drawCells(in drawing: inout Drawing, _ layout: ConfusionMatrixLayout) {
    for (row, actual) in order.enumerated() {
      for (column, fraction) in fractions(of: actual).enumerated() {
        drawing.rectangle(
          layout.cell(row: row, column: column), fill: Paint(ColorScale.pale(ofFraction: fraction)),
          stroke: Paint(.white), width: 0.5)
      }
    }
  }

  private func drawCounts(in drawing: inout Drawing, _ layout: ConfusionMatrixLayout) {
    for (row, actual) in order.enumerated() {
      for (column, fraction) in fractions(of: actual).enumerated() where fraction > 0 {
        drawing.text(
          NumberText.grouped(matrix[true: actual, predicted: order[column]]),
          at: layout.cell(row: row, column: column).center, size: layout.countSize,
          .text(on: ColorScale.pale(ofFraction: fraction)), anchor: .middle, vertical: .middle,
          isBold: row == column)
      }
    }
  }

  private func drawNames(in drawing: inout Drawing, _ layout: ConfusionMatrixLayout) {
    for index in stride(from: 0, to: order.count, by: layout.nameStep) {
      let name = matrix.classNames[order[index]]
      let cell = layout.cell(row: index, column: index)
      drawing.text(
        layout.truncated(name), at: Point(layout.cells.x - 6, cell.center.y), size: layout.nameSize,
        anchor: .end, vertical: .middle, tooltip: name)
      drawing.text(
        layout.truncated(name), at: Point(cell.center.x, layout.cells.bottom + 8),
        size: layout.nameSize, anchor: .end, vertical: .middle, angle: layout.nameAngle,
        tooltip: name)
    }
  }

  private func drawTitles(in drawing: inout Drawing, _ layout: ConfusionMatrixLayout) {
    drawing.text(
      "True class", at: Point(layout.titleSize, layout.cells.center.y), size: layout.titleSize,
      anchor: .middle,
      angle: 90)
    drawing.text(
      "Predicted class", at: Point(layout.cells.center.x, layout.columnTitleY),
      size: layout.titleSize, anchor: .middle)
  }

  /// Rectangles around the groups, with the groups' names on the right.
  private func drawGroups(in drawing: inout Drawing, _ layout: ConfusionMatrixLayout) {
    var first = 0
    for group in groups where !group.classes.isEmpty {
      let start = layout.cell(row: first, column: first)
      let size = Double(group.classes.count) * layout.cellSize
      drawing.rectangle(
        Frame(x: start.x, y: start.y, width: size, height: size), stroke: Paint(Palette.vermillion),
        width: 1)
      // Names taller than their group would overlap the next one.
      if size >= layout.groupNameSize {
        drawing.text(
          layout.truncatedGroup(group.name),
          at: Point(layout.cells.right + 8, start.y + size / 2), size: layout.groupNameSize,
          .muted, vertical: .middle, tooltip: group.name)
      }
      first += group.classes.count
    }
  }

  /// The color scale in percent, below the matrix.
  private func drawScale(in drawing: inout Drawing, _ layout: ConfusionMatrixLayout) {
    let bar = layout.scaleBar
    drawing.rectangle(bar, stroke: .axis, width: 0.75)
    for percent in [0, 1, 5, 10, 25, 50, 100] {
      let x = bar.x + bar.width * ColorScale.position(ofFraction: Double(percent) / 100)
      drawing.line(from: Point(x, bar.bottom), to: Point(x, bar.bottom + 4), .muted)
      drawing.text(
        "\(percent)", at: Point(x, bar.bottom + 7), size: layout.scaleSize, .muted,
        anchor: .middle, vertical: .top)
    }
    drawing.text(
      "% of the true class", at: Point(bar.center.x, bar.bottom + 24), size: layout.scaleSize,
      .muted, anchor: .middle, vertical: .top)
  }
}
