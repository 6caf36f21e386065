public import PinionMetrics

/// A confusion matrix as colored cells: rows are true classes, columns predicted ones, colors each row's shares.
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

  /// The matrix as an image of one pixel a cell, enlarged until it is about 1000 pixels wide; of more than 1000 classes, a
  /// pixel is the strongest of several cells.
  public var image: PixelImage {
    let map = heatMap
    return map.enlarged(by: max(1, Self.imageLimit / map.width))
  }

  private static let imageLimit = 1_000

  /// Whether cells are large enough for counts.
  var showsCounts: Bool { matrix.classCount <= 20 }

  /// The image of one pixel a cell, or a square of cells where there are too many.
  var heatMap: PixelImage {
    let step = (order.count - 1) / Self.imageLimit + 1
    let side = (order.count - 1) / step + 1
    var bytes: [UInt8] = []
    bytes.reserveCapacity(side * side * 3)
    for first in stride(from: 0, to: order.count, by: step) {
      var strongest = [Double](repeating: 0, count: side)
      for actual in order[first..<min(first + step, order.count)] {
        for (x, share) in shares(of: actual).enumerated() {
          strongest[x / step] = max(strongest[x / step], share)
        }
      }
      for share in strongest { bytes += ColorScale.color(ofShare: share).bytes }
    }
    return PixelImage(width: side, height: side, channels: 3, bytes: bytes)
  }

  /// The share of a true class's samples in each column; zeros if it has none.
  func shares(of actual: Int) -> [Double] {
    let counts = order.map { matrix[true: actual, predicted: $0] }
    let total = counts.reduce(0, +)
    return counts.map { total > 0 ? Double($0) / Double(total) : 0 }
  }
}

/// Classes that belong together, such as a superclass of CIFAR-100.
public struct ClassGroup: Sendable, Equatable {
  /// The group's name.
  public var name: String
  /// The indices of its classes.
  public var classes: [Int]

  /// A named group of classes.
  public init(_ name: String, classes: [Int]) {
    self.name = name
    self.classes = classes
  }
}
