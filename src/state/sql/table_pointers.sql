-- name: current_pointer
SELECT location FROM table_pointers WHERE name = :name

-- name: create_pointer
INSERT INTO table_pointers (name, location) VALUES (:name, :location) ON CONFLICT (name) DO NOTHING

-- Compare-and-swap: no row is written when the pointer is another by now.
-- name: swap_pointer
UPDATE table_pointers SET location = :next WHERE name = :name AND location = :expected

-- name: list_pointers
SELECT name FROM table_pointers ORDER BY name
