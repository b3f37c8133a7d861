wait_all(ts)
print(a, b, c, i, j, n, xs, ys, xs is ys, d)
print(sorted(seen), sorted(words), boxes[0] is box, [one.value for one in boxes], Box.made, Box.log, Loud.made_loud)
print(color, color is Color(color.value), point, pair, pair.left is point, pair.right is xs, point.tags is ys)
print(last, dict(groups), [adder(0) for adder in adders], adders[0] is add)
print(show(), add(0), keep(0), random.random(), random.getrandbits(32))
print([t.result if t.error is None else str(t.error) for t in ts], len(sub_tasks()))
for function in (f, g, h):
    try:
        print(function(1), list(gen(2)))
    except (Odd, ToolError, SubTaskError, ValueError, ZeroDivisionError, IndexError) as e:
        print(type(e).__name__, e)
