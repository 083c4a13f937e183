\set o random(1, :orders)
\set p random(1, :people)
\set r random(1, 2000000000)
BEGIN;
UPDATE orders SET taken = taken + 1 WHERE id = (SELECT id FROM bench_orders WHERE n = :o) AND status = 'open' AND taken < seats;
INSERT INTO seats (id, order_id, person_id, registration_id, status, is_late_release, created_at, updated_at) SELECT gen_random_uuid(), o.id, p.person_id, p.registration_id, 'taken', false, now(), now() FROM bench_orders o, bench_people p WHERE o.n = :o AND p.n = :p ON CONFLICT DO NOTHING;
INSERT INTO commitments (id, person_id, during, is_exclusive, source_kind, source_id) SELECT gen_random_uuid(), person_id, tstzrange('2100-01-01'::timestamptz + :r * interval '1 second', '2100-01-01'::timestamptz + (:r + 1) * interval '1 second'), true, 'bench', gen_random_uuid() FROM bench_people WHERE n = :p;
INSERT INTO operation_log (id, at, action, subject_kind, detail) VALUES (gen_random_uuid(), now(), 'take', 'seat', '{}');
INSERT INTO outbox (name, payload, recorded_at, not_before, attempts) VALUES ('seat.moved', '{"action": "take", "status": "taken"}', now(), now(), 0);
END;
