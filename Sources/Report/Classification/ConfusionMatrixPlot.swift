public import PinionMetrics

/// A confusion matrix as coloured cells: rows are true classes, columns predicted ones, colours each row's shares.
///
/// Up to 20 classes, the counts stand in the cells. Of more, the cells are an image, and names are small but there.
public struct ConfusionMatrixPlot: Sendable {
  /// What is shown.
  public let matrix: ConfusionMatrix
  /// Classes to put side by side, with lines around them. Default: none.
  public let groups: [ClassGroup]

  /// The classes in the order in which they are shown.
  let order: [Int]

  /// A plot of a matrix. Classes in no group come last, as do groups' classes that the matrix does not have.
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

  /// The matrix as an image of one pixel a cell, enlarged until it is about 1000 pixels wide.
  public var image: PixelImage { heatMap.enlarged(by: max(1, 1_000 / matrix.classCount)) }

  /// Whether cells are large enough for counts.
  var showsCounts: Bool { matrix.classCount <= 20 }

  /// The image of one pixel a cell.
  var heatMap: PixelImage {
    var image = PixelImage(width: order.count, height: order.count, color: .white)
    for (y, actual) in order.enumerated() {
      for (x, share) in shares(of: actual).enumerated() {
        image.set(x: x, y: y, to: ColorScale.color(ofShare: share))
      }
    }
    return image
  }

  /// The share of a true class's samples in each column; zeros if it has none.
  func shares(of actual: Int) -> [Double] {
    let counts = order.map { matrix[true: actual, predicted: $0] }
    let total = counts.reduce(0, +)
    return counts.map { total > 0 ? Double($0) / Double(total) : 0 }
  }
}
