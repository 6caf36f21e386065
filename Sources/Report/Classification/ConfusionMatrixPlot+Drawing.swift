internal import PinionTensor

extension ConfusionMatrixPlot {
  /// The plot as a picture.
  public var drawing: Drawing { drawing(isCompact: false) }

  /// The plot as a picture; a compact one of few classes suits phones.
  func drawing(isCompact: Bool) -> Drawing {
    let layout = ConfusionMatrixLayout(self, isCompact: isCompact)
    var drawing = Drawing(
      width: layout.width, height: layout.height,
      title: "Confusion matrix of \(matrix.classCount) classes", details: details)
    // On dark pages the style turns lightness around, so that the dark ground stands for nothing; texts
    // have colors of their own there.
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
      for (column, share) in shares(of: actual).enumerated() {
        drawing.rectangle(
          layout.cell(row: row, column: column), fill: Paint(ColorScale.pale(ofShare: share)),
          stroke: Paint(.white), width: 0.5)
      }
    }
  }

  private func drawCounts(in drawing: inout Drawing, _ layout: ConfusionMatrixLayout) {
    for (row, actual) in order.enumerated() {
      for (column, share) in shares(of: actual).enumerated() where share > 0 {
        drawing.text(
          NumberText.grouped(matrix[true: actual, predicted: order[column]]),
          at: layout.cell(row: row, column: column).center, size: layout.countSize,
          .text(on: ColorScale.pale(ofShare: share)), anchor: .middle, vertical: .middle,
          isBold: row == column)
      }
    }
  }

  private func drawNames(in drawing: inout Drawing, _ layout: ConfusionMatrixLayout) {
    for index in stride(from: 0, to: order.count, by: layout.nameStep) {
      let name = matrix.classNames[order[index]]
      let cell = layout.cell(row: index, column: index)
      drawing.text(
        layout.fitted(name), at: Point(layout.cells.x - 6, cell.center.y), size: layout.nameSize,
        anchor: .end, vertical: .middle, tooltip: name)
      drawing.text(
        layout.fitted(name), at: Point(cell.center.x, layout.cells.bottom + 8),
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

  /// Lines around the groups, and their names on the right.
  private func drawGroups(in drawing: inout Drawing, _ layout: ConfusionMatrixLayout) {
    var first = 0
    for group in groups where !group.classes.isEmpty {
      let start = layout.cell(row: first, column: first)
      let size = Double(group.classes.count) * layout.cellSize
      drawing.rectangle(
        Frame(x: start.x, y: start.y, width: size, height: size), stroke: Paint(Palette.vermillion),
        width: 1)
      // A name that is taller than its group would run into the next one's.
      if size >= layout.groupNameSize {
        drawing.text(
          layout.fittedGroup(group.name),
          at: Point(layout.cells.right + 8, start.y + size / 2), size: layout.groupNameSize,
          .muted, vertical: .middle, tooltip: group.name)
      }
      first += group.classes.count
    }
  }

  /// The colors with the shares that they stand for, under the matrix.
  private func drawScale(in drawing: inout Drawing, _ layout: ConfusionMatrixLayout) {
    let bar = layout.scaleBar
    drawing.rectangle(bar, stroke: .axis, width: 0.75)
    for percent in [0, 1, 5, 10, 25, 50, 100] {
      let x = bar.x + bar.width * ColorScale.position(ofShare: Double(percent) / 100)
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
