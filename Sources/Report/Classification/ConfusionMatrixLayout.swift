internal import PinionTensor

/// Where the parts of a confusion matrix's picture lie.
struct ConfusionMatrixLayout {
  let cellSize: Double
  let countSize: Double
  let nameSize: Double
  /// Every how manieth name is there is room for.
  let nameStep: Int
  /// How column names are turned, in degrees.
  let nameAngle: Int
  let cells: Frame
  let columnTitleY: Double
  let scaleBar: Frame
  let width: Double
  let height: Double

  let titleSize: Double
  let scaleSize = 12.0
  let groupNameSize = 11.0

  private let nameLimit: Double
  private let groupNameLimit = 170.0

  init(_ plot: ConfusionMatrixPlot, isCompact: Bool) {
    let count = plot.order.count
    let isCompact = isCompact && plot.showsCounts
    titleSize = isCompact ? 12 : 13
    if plot.showsCounts {
      let size = isCompact ? 11.0 : 12
      let widest =
        plot.matrix.counts.map {
          TextMetrics.width(NumberText.grouped($0), size: size, isBold: true)
        }.max() ?? 0
      countSize = size
      // Of few classes, cells are so large that titles and scale find room beside them.
      let least = (isCompact ? 210 : 240) / Double(count)
      cellSize = max(least, isCompact ? max(20, widest + 2) : max(34, widest + 8))
      (nameSize, nameStep, nameAngle, nameLimit) = (size, 1, 45, isCompact ? 90 : 120)
    } else {
      countSize = 0
      cellSize = max(1, min(24, 900 / Double(count)))
      nameSize = min(12, max(8, cellSize * 0.95))
      nameStep = max(1, Int((nameSize / cellSize).rounded(.up)))
      (nameAngle, nameLimit) = (90, 110)
    }
    let (size, limit) = (nameSize, nameLimit)
    let nameWidth =
      plot.matrix.classNames.map {
        TextMetrics.width(TextMetrics.fitted($0, to: limit, size: size), size: size)
      }.max() ?? 0
    // Slanted names reach to the left of their cells as far as they reach down.
    let isSlanted = nameAngle == 45
    let reach = isSlanted ? nameWidth * 0.7072 + size * 0.6 : nameWidth
    let left = max(titleSize + 9 + nameWidth + 6, isSlanted ? reach - cellSize / 2 + 4 : 0)
    let side = Double(count) * cellSize
    cells = Frame(x: left, y: 8, width: side, height: side)
    columnTitleY = cells.bottom + 8 + reach + 8 + titleSize
    // The last label reaches beyond the bar's end.
    let barWidth = min(420, side - 24)
    scaleBar = Frame(
      x: cells.x + (side - barWidth) / 2, y: columnTitleY + 16, width: barWidth, height: 12)
    let groupWidth =
      plot.groups.map {
        TextMetrics.width(
          TextMetrics.fitted($0.name, to: 170, size: 11), size: 11)
      }.max().map { $0 + 8 } ?? 0
    width = cells.right + (isCompact ? 2 : 12) + groupWidth
    height = scaleBar.bottom + 46
  }

  func cell(row: Int, column: Int) -> Frame {
    Frame(
      x: cells.x + Double(column) * cellSize, y: cells.y + Double(row) * cellSize,
      width: cellSize, height: cellSize)
  }

  func fitted(_ name: String) -> String {
    TextMetrics.fitted(name, to: nameLimit, size: nameSize)
  }

  func fittedGroup(_ name: String) -> String {
    TextMetrics.fitted(name, to: groupNameLimit, size: groupNameSize)
  }
}
