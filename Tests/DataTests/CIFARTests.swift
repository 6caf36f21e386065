import Foundation
import PinionData
import PinionTensor
import Testing

/// The real data, where they are installed.
@Suite struct CIFARTests {
  static let hasCIFAR10 = (try? CIFAR10.files()) != nil
  static let hasCIFAR100 = (try? CIFAR100.files()) != nil

  func check(_ dataset: ImageDataset, perClass: Int) {
    let classes = dataset.classNames?.count ?? 0
    #expect(dataset.inputShape == [32, 32, 3])
    #expect(dataset.count == perClass * classes)
    // Both data sets are balanced, whatever the order of their records.
    var counts = [Int](repeating: 0, count: classes)
    for label in dataset.labels { counts[label] += 1 }
    #expect(counts == [Int](repeating: perClass, count: classes))
  }

  /// The mean of each color, in 0…1.
  func means(_ dataset: ImageDataset) -> [Double] {
    var sums = [0, 0, 0]
    for (index, pixel) in dataset.pixels.enumerated() { sums[index % 3] += Int(pixel) }
    return sums.map { Double($0) / Double(dataset.pixels.count / 3) / 255 }
  }

  func isClose(_ values: [Double], _ expected: [Double]) -> Bool {
    zip(values, expected).allSatisfy { abs($0 - $1) < 5e-5 }
  }

  @Test func theClasses() {
    #expect(CIFAR10.classNames.count == 10)
    #expect(CIFAR10.classNames[6] == "frog")
    #expect(CIFAR100.classNames().count == 100)
    #expect(CIFAR100.classNames()[99] == "worm")
    #expect(CIFAR100.classNames(.coarse).count == 20)
    #expect(CIFAR100.classNames(.coarse)[19] == "vehicles_2")
    #expect(CIFAR100.classNames() == CIFAR100.classNames().sorted())
  }

  @Test func theGroupsOfTheHundredClasses() {
    var kinds: [String: Set<String>] = [:]
    for (kind, group) in zip(CIFAR100.classNames(), CIFAR100.coarseLabels) {
      kinds[CIFAR100.classNames(.coarse)[group], default: []].insert(kind)
    }
    #expect(kinds.count == 20)
    #expect(kinds.values.allSatisfy { $0.count == 5 })
    #expect(kinds["flowers"] == ["orchid", "poppy", "rose", "sunflower", "tulip"])
    #expect(
      kinds["vehicles_2"] == ["lawn_mower", "rocket", "streetcar", "tank", "tractor"])
  }

  // The means that the community normalizes by tell colors and images apart.
  @Test(.enabled(if: hasCIFAR10, "CIFAR-10 is not installed"))
  func theRealImagesOfCIFAR10() throws {
    let (train, test) = try CIFAR10.load()
    check(train, perClass: 5_000)
    check(test, perClass: 1_000)
    #expect(isClose(means(train), [0.49140, 0.48216, 0.44653]))
    #expect(try CIFAR10.files().all.count == 6)
  }

  @Test(.enabled(if: hasCIFAR100, "CIFAR-100 is not installed"))
  func theRealImagesOfCIFAR100() throws {
    let (train, test) = try CIFAR100.load()
    check(train, perClass: 500)
    check(test, perClass: 100)
    #expect(isClose(means(train), [0.50707, 0.48655, 0.44092]))
    let coarse = try CIFAR100.load(labels: .coarse)
    check(coarse.train, perClass: 2_500)
    check(coarse.test, perClass: 500)
    #expect(coarse.test.pixels == test.pixels)
    // Every kind belongs to one group.
    #expect(train.labels.map { CIFAR100.coarseLabels[$0] } == coarse.train.labels)
    #expect(test.labels.map { CIFAR100.coarseLabels[$0] } == coarse.test.labels)
  }
}
