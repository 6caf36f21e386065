import Foundation
import PinionData
import PinionTensor

/// What a user does with a table.
enum CSVBody {
  /// The ways to read a table that occur.
  private static let ways: [@Sendable (URL) throws -> CSVDataset] = [
    { url in
      try CSVDataset(
        contentsOf: url, features: [.number("a", missing: .mean), .category("b")],
        target: .number("c", missing: .value(0)))
    },
    { url in try CSVDataset(contentsOf: url, target: .label("b")) },
    { url in
      try CSVDataset(
        contentsOf: url,
        features: [
          .category("b", values: ["x", "y"], encoding: .index, missing: "x"), .number("a"),
        ],
        target: .label("c", classes: ["0", "1", "2", "3", "4", "5"]))
    },
    { url in
      try CSVDataset(
        contentsOf: url, target: .number("0"), delimiter: ";", hasHeader: false, byteLimit: 64)
    },
  ]

  /// A table is refused if it cannot be read in any of the ways.
  @Sendable static func read(_ url: URL) throws {
    var refusal: (any Error)?
    var isRead = false
    for way in ways {
      do {
        try check(way(url), url)
        isRead = true
      } catch {
        if case .fault(let text) = Expect.outcome(error, file: url.path) { throw Fault(text) }
        refusal = refusal ?? error
      }
    }
    if !isRead, let refusal { throw refusal }
  }

  /// What was read has samples, and columns with which the file can be read again.
  private static func check(_ data: CSVDataset, _ url: URL) throws {
    let samples = try Expect.samples(of: data)
    try Expect.that(data.inputShape == [data.featureNames.count], "other names than numbers")
    // A table without a header is read alone.
    guard data.target.name != "0" else { return }
    let again = try CSVDataset(contentsOf: url, features: data.features, target: data.target)
    try Expect.same(Expect.samples(of: again), samples, "the table of the columns that were read")
    try Expect.that(again.classNames == data.classNames, "other classes")
  }

  @Sendable static func misuse(_ url: URL) throws {
    let wrong: [(String, [CSVColumn]?, CSVColumn, Character)] = [
      ("a delimiter", nil, .label("b"), "\""),
      ("a delimiter of several bytes", nil, .label("b"), "é"),
      ("no features", [], .label("b"), ","),
      ("a column twice", [.number("a"), .number("a")], .label("b"), ","),
      ("the target as a feature", [.number("b")], .label("b"), ","),
      ("an absent column", [.number("z")], .label("b"), ","),
      ("a replacement", [.number("a", missing: .value(.nan))], .label("b"), ","),
      ("no classes", [.number("a")], .label("b", classes: []), ","),
      ("a class twice", [.number("a")], .label("b", classes: ["x", "x"]), ","),
      ("a missing class", [.category("b", values: ["x"], missing: "y")], .number("c"), ","),
    ]
    for (what, features, target, delimiter) in wrong {
      try Expect.refusal(of: what, url) {
        _ = try CSVDataset(
          contentsOf: url, features: features, target: target, delimiter: delimiter)
      }
    }
  }
}
