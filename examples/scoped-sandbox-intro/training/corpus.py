"""What the model is trained on: half templated English, half random words in which a segment comes back."""

import random

from transformer import BOS

CATEGORIES: dict[str, list[str]] = {
    "punctuation": [".", ","],
    "determiner": ["the", "a", "every", "this"],
    "size": ["big", "small", "old", "young", "tall", "tiny"],
    "colour": ["red", "blue", "green", "yellow", "black", "white", "brown", "grey"],
    "animal": ["dog", "cat", "bird", "horse", "fox", "mouse", "cow", "duck", "frog", "bear"],
    "person": ["girl", "boy", "man", "woman", "king", "queen", "doctor", "teacher", "farmer", "baker"],
    "name": ["mary", "john", "anna", "tom", "alice", "peter", "emma", "jack", "lucy", "sam"],
    "food": ["bread", "cheese", "apple", "soup", "rice", "cake", "fish", "egg", "pie", "honey"],
    "place": [
        "house",
        "garden",
        "river",
        "forest",
        "school",
        "market",
        "field",
        "bridge",
        "village",
        "street",
    ],
    "moved": ["ran", "walked", "jumped", "slept", "hid", "waited", "swam", "fell"],
    "spoke": ["sang", "laughed", "danced", "smiled", "cried", "worked"],
    "handled": ["ate", "cooked", "bought", "sold", "baked", "tasted"],
    "noticed": ["saw", "found", "liked", "chased", "followed", "heard", "helped", "watched"],
    "adverb": ["quickly", "slowly", "quietly", "happily", "sadly", "softly", "loudly", "gently"],
    "preposition": ["in", "near", "behind", "under", "beside", "around"],
    "link": ["and", "but", "then", "so", "said", "hello", "to", "world"],
}
VOCABULARY = [BOS, *(word for words in CATEGORIES.values() for word in words)]


def sample_document(rng: random.Random, length: int, english: float) -> list[int]:
    """`length` token ids of either kind of text; `english` is the share of stories."""
    if rng.random() < english:
        return [_IDS[word] for word in _story(rng, length)]
    return _recurring(rng, length)


def repeated_segment(rng: random.Random, length: int) -> tuple[list[int], slice, slice]:
    """Random tokens with one segment that occurs twice, and where the two occurrences are.

    The segment's length, its place and the gap between its occurrences all vary, so that no fixed distance
    finds the earlier occurrence: only looking the current token up does.
    """
    tokens = [0, *_random_tokens(rng, length - 1)]
    size = rng.randint(6, (length - 1) // 2)
    first = rng.randint(1, length - 2 * size)
    second = rng.randint(first + size, length - size)
    tokens[second : second + size] = tokens[first : first + size]
    return tokens, slice(first, first + size), slice(second, second + size)


def _recurring(rng: random.Random, length: int) -> list[int]:
    """Random tokens in which one segment comes back as often as fits, after gaps that vary."""
    segment = _random_tokens(rng, rng.randint(6, 24))
    tokens = [0, *_random_tokens(rng, rng.randint(0, 8))]
    while len(tokens) < length:
        tokens += segment
        tokens += _random_tokens(rng, rng.randint(0, 8))
    return tokens[:length]


def _random_tokens(rng: random.Random, count: int) -> list[int]:
    return [rng.randrange(1, len(VOCABULARY)) for _ in range(count)]


def _story(rng: random.Random, length: int) -> list[str]:
    """Sentences, some of which are told again, which makes copying useful inside English too."""
    told: list[list[str]] = []
    # A story may begin in the middle of a sentence, so that a bare "red dog" is English to the model as well.
    words = _sentence(rng)
    if rng.random() < 0.3:
        words = words[rng.randrange(len(words)) :]
    while len(words) < length:
        again = bool(told) and rng.random() < 0.35
        sentence = rng.choice(told) if again else _sentence(rng)
        told.append(sentence)
        words += sentence
    return [BOS, *words][:length]


def _sentence(rng: random.Random) -> list[str]:
    words = _clause(rng)
    if rng.random() < 0.25:
        words += [",", rng.choice(["and", "but", "then", "so"]), *_clause(rng)]
    return [*words, "."]


def _clause(rng: random.Random) -> list[str]:
    kind = rng.random()
    if kind < 0.27:
        return [*_animal_or_person(rng), _pick(rng, "moved"), *_manner(rng)]
    if kind < 0.54:
        return [*_person(rng), _pick(rng, "spoke"), *_manner(rng)]
    if kind < 0.81:
        return [*_person(rng), _pick(rng, "handled"), *_noun_phrase(rng, "food")]
    if kind < 0.97:
        return [*_animal_or_person(rng), _pick(rng, "noticed"), *_animal_or_person(rng)]
    greeted = ["world"] if rng.random() < 0.3 else ["to", *_person(rng)]
    return [*_person(rng), "said", "hello", *greeted]


def _animal_or_person(rng: random.Random) -> list[str]:
    return _noun_phrase(rng, "animal") if rng.random() < 0.6 else _person(rng)


def _person(rng: random.Random) -> list[str]:
    return [_pick(rng, "name")] if rng.random() < 0.5 else _noun_phrase(rng, "person")


def _manner(rng: random.Random) -> list[str]:
    if rng.random() < 0.5:
        return [_pick(rng, "adverb")]
    return [_pick(rng, "preposition"), rng.choice(["the", "a"]), _pick(rng, "place")]


def _noun_phrase(rng: random.Random, noun: str) -> list[str]:
    words = [_pick(rng, "determiner")]
    if rng.random() < 0.3:
        words.append(_pick(rng, "size"))
    # People come without a colour, so that colours say something about the noun after them.
    if noun != "person" and rng.random() < 0.5:
        words.append(_pick(rng, "colour"))
    return [*words, _pick(rng, noun)]


def _pick(rng: random.Random, category: str) -> str:
    return rng.choice(CATEGORIES[category])


_IDS = {word: index for index, word in enumerate(VOCABULARY)}
