#include "common/store/spare_drafts.h"

#include <algorithm>
#include <utility>

#include "common/store/draft.h"

namespace store {

void SpareDrafts::expect(size_t messages) {
  if (!unnamed_files_ || ++expected_ < kSteady) return;
  drop_lost();
  while (files_.size() < std::min(messages, kMost)) {
    auto file = open_unnamed(root_);
    if (!file) {
      unnamed_files_ = !has_no_unnamed_files(file.error());
      return;
    }
    files_.push_back(std::move(*file));
  }
}

void SpareDrafts::rest() {
  files_.clear();
  expected_ = 0;
}

Descriptor SpareDrafts::take() {
  drop_lost();
  if (files_.empty()) return {};
  Descriptor file = std::move(files_.back());
  files_.pop_back();
  return file;
}

// A sync of everything that failed may have spoken of them, and of what they are to the disk.
void SpareDrafts::drop_lost() {
  if (std::exchange(losses_, root_.losses()) != losses_) files_.clear();
}

}  // namespace store
