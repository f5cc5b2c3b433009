// Copyright 2026 The hone authors.
// SPDX-License-Identifier: Apache-2.0
//
// The members of a JSON object, in the order in which they were written.
//
// Templates print arguments and tool descriptions in the order of the row, and a file that is read
// and written again should not be shuffled. The class has the part of std::map's interface that
// nlohmann::basic_json uses. Members never move; objects of more than a few have a hash index.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <list>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace hone {

// `Key` converts to std::string_view. The comparison is there because basic_json names it.
template <class Key, class T, class Compare, class Allocator>
class JsonObject {
 public:
  using key_type = Key;
  using mapped_type = T;
  using value_type = std::pair<const Key, T>;
  using key_compare = Compare;
  using allocator_type = Allocator;
  using List = std::list<value_type, Allocator>;
  using size_type = typename List::size_type;
  using difference_type = typename List::difference_type;
  using reference = value_type&;
  using const_reference = const value_type&;
  using iterator = typename List::iterator;
  using const_iterator = typename List::const_iterator;

  JsonObject() = default;
  template <class Iterator>
  JsonObject(Iterator first, Iterator last) {
    insert(first, last);
  }
  JsonObject(std::initializer_list<value_type> members)
      : JsonObject(members.begin(), members.end()) {}
  JsonObject(const JsonObject& other) : JsonObject(other.begin(), other.end()) {}
  JsonObject(JsonObject&& other) noexcept { swap(other); }
  JsonObject& operator=(JsonObject other) noexcept {
    swap(other);
    return *this;
  }
  ~JsonObject() = default;

  void swap(JsonObject& other) noexcept {
    members_.swap(other.members_);
    index_.swap(other.index_);
  }

  iterator begin() { return members_.begin(); }
  iterator end() { return members_.end(); }
  const_iterator begin() const { return members_.begin(); }
  const_iterator end() const { return members_.end(); }
  const_iterator cbegin() const { return members_.begin(); }
  const_iterator cend() const { return members_.end(); }
  bool empty() const { return members_.empty(); }
  size_type size() const { return members_.size(); }
  size_type max_size() const { return members_.max_size(); }

  iterator find(std::string_view key) {
    if (!index_)
      return std::find_if(begin(), end(), [&](const value_type& m) { return m.first == key; });
    const auto found = index_->find(key);
    return found == index_->end() ? end() : found->second;
  }
  const_iterator find(std::string_view key) const {
    return const_cast<JsonObject*>(this)->find(key);  // which changes nothing
  }
  size_type count(std::string_view key) const { return find(key) == end() ? 0 : 1; }

  // As std::map's: the first of two equal keys stays.
  template <class K, class V>
  std::pair<iterator, bool> emplace(K&& key, V&& value) {
    if (const iterator old = find(std::string_view(key)); old != end()) return {old, false};
    members_.emplace_back(std::forward<K>(key), std::forward<V>(value));
    const iterator added = std::prev(end());
    if (index_) {
      index_->emplace(added->first, added);
    } else if (size() > kUnindexed) {
      build_index();
    }
    return {added, true};
  }
  std::pair<iterator, bool> insert(const value_type& member) {
    return emplace(member.first, member.second);
  }
  template <class Iterator>
  void insert(Iterator first, Iterator last) {
    for (; first != last; ++first) emplace(first->first, first->second);
  }
  T& operator[](std::string_view key) { return emplace(Key(key), T()).first->second; }

  iterator erase(const_iterator member) {
    if (index_) index_->erase(std::string_view(member->first));
    return members_.erase(member);
  }
  size_type erase(std::string_view key) {
    const const_iterator member = find(key);
    if (member == cend()) return 0;
    erase(member);
    return 1;
  }
  void clear() {
    index_.reset();
    members_.clear();
  }

  // The order of the members does not matter.
  friend bool operator==(const JsonObject& a, const JsonObject& b) {
    return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const value_type& m) {
             const const_iterator other = b.find(m.first);
             return other != b.end() && other->second == m.second;
           });
  }
  friend std::partial_ordering operator<=>(const JsonObject& a, const JsonObject& b) {
    return a == b ? std::partial_ordering::equivalent : std::partial_ordering::unordered;
  }

 private:
  static constexpr size_type kUnindexed = 8;
  using Index = std::unordered_map<std::string_view, iterator>;

  void build_index() {
    index_ = std::make_unique<Index>();
    for (iterator m = begin(); m != end(); ++m) index_->emplace(m->first, m);
  }

  List members_;
  std::unique_ptr<Index> index_;  // null for small objects
};

}  // namespace hone
