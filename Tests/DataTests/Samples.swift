import PinionData
import PinionTensor
import Testing

extension Dataset {
  /// The input of a sample; a failure to read it fails the test.
  func input(_ index: Int) -> [Float] { part(inputShape) { try copyInput(at: index, into: $0) } }

  /// The target of a sample; a failure to read it fails the test.
  func target(_ index: Int) -> [Float] { part(targetShape) { try copyTarget(at: index, into: $0) } }

  private func part(_ shape: Shape, copy: (MemoryView<Float>) throws -> Void) -> [Float] {
    let buffer = AlignedBuffer(count: shape.elementCount)
    buffer.view.fill(.nan)
    do { try copy(buffer.view) } catch { Issue.record(error) }
    return withExtendedLifetime(buffer) { buffer.view.array }
  }
}

/// Samples whose input is (index, −index) and whose target is 2·index.
struct CountingDataset: Dataset {
  let count: Int
  let inputShape: Shape = [2]
  let targetShape: Shape = [1]

  func copyInput(at index: Int, into view: MemoryView<Float>) {
    view[0] = Float(index)
    view[1] = -Float(index)
  }

  func copyTarget(at index: Int, into view: MemoryView<Float>) { view[0] = Float(2 * index) }
}
